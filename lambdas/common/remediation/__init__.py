"""What every remediation shares: guards, cooldown, intent and audit. An action adds only what it does."""
