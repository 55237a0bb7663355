"""What the bot is measured by: speed beside a bare baseline, and what is lost when processes die."""
