"""What is in the person's libraries: Eagle now; whole folders on disk later."""
