"""What is remembered, and the one atomic write that changes it."""
