"""What Python's re says: reads {"patterns": [...], "texts": [...]}, writes one line for each pattern.

    python3 python_regex.py < python-regex.json > python-regex.expected

A line holds re.fullmatch and re.match of every text as 0 and 1, or the word "error". Needs Python 3.11, whose
flags after the start are an error; \\B of an empty text and \\z are other ones in 3.14.
"""

import json
import re
import sys
import warnings

if not (3, 11) <= sys.version_info < (3, 14):
    print("version")
    sys.exit()
warnings.simplefilter("ignore")
given = json.load(sys.stdin)
for pattern in given["patterns"]:
    try:
        regex = re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        print("error")
        continue
    print(
        "".join("01"[regex.fullmatch(text) is not None] for text in given["texts"]),
        "".join("01"[regex.match(text) is not None] for text in given["texts"]),
    )
