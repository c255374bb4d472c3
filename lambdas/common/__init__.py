"""What every function shares; packaged with each of them."""
