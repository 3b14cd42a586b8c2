"""Agent-Tasks and Issues+Questions: what is asked of the person there, and what they or others ask of us."""
