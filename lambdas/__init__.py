"""vigil's Lambdas: what is done about an alert. They import nothing else of the repository."""
