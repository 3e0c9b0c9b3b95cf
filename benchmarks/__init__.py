"""What the integration costs, against what a user would pick instead and against the least that is possible."""
