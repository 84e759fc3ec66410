import json, torch; print(json.dumps(torch.__version__.split("+")[0]))
