"""A link becomes a filed track."""
