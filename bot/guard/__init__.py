"""Who of the staff somebody is, what they may do, and what they have done."""
