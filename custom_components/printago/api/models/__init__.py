"""What Printago tells, as typed values."""
