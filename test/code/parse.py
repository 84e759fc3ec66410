"""What a list of texts is for Python's own parser: the kinds of statement of each."""

import ast
import json
import sys

json.dump([[type(node).__name__ for node in ast.parse(text).body] for text in json.load(sys.stdin)], sys.stdout)
