"""The history of the schema, one numbered file a step."""
