"""The judges that the numbers rest on are judged themselves."""
