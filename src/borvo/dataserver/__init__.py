"""DataServer: what people's samples are, how they are written and how they are read. Nothing else touches the
tables of samples, and nothing here reaches a row except through the shelf of one person."""
