"""An epidemic-alert board that survives a bad day: long polling with a cursor, timeouts and random waits.

python3 board.py http://localhost:3001/l/LAB
"""

import http.client
import json
import random
import sys
import time
import urllib.error
import urllib.request

HOLD = 20  # seconds for which the server may hold a request
PATIENCE = HOLD + 10  # seconds of silence after which we stop waiting: longer than a hold and a slow answer
CEILING = 4.0  # the longest wait after a failure, in seconds

# Straight to the lab, past any proxy that is set for this machine. Each request has a connection of its own.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(base, cursor):
    """One long poll. A GET with a cursor changes nothing at the server: it may be repeated as often as needed."""
    with DIRECT.open(f"{base}/hold?cursor={cursor}&wait={HOLD * 1000}", timeout=PATIENCE) as answer:
        return json.load(answer)


def main(base):
    cursor, board, failures = 0, {}, 0
    while True:
        try:
            news = ask(base, cursor)
        except (OSError, http.client.HTTPException, ValueError) as error:
            # Cut, refused, too late, half an answer, a bad status: the cursor stays where it was, so nothing is lost.
            status = error.code if isinstance(error, urllib.error.HTTPError) else None
            if status == 404:
                sys.exit("there is no such lab (any more)")
            if status == 400:  # our cursor is ahead of the feed: a new run has begun there
                cursor, board = 0, {}
            pause = random.uniform(0, min(CEILING, 0.5 * 2**failures))
            failures = min(failures + 1, 10)
            print(f"  ({error}; again in {pause:.1f} s)")
            time.sleep(pause)
            continue
        failures = 0
        if news.get("missed"):
            print(f"  ({news['missed']} alerts are gone: the server's history is shorter than our absence)")
        for alert in news["updates"]:
            board[alert["district"]] = alert  # the same alert twice would do no harm
            print(f"{alert['seq']:4}  district {alert['district']:2}: {alert['cases']} cases, level {alert['level']}")
        cursor = news["cursor"]


if __name__ == "__main__":
    try:
        main(sys.argv[1].rstrip("/"))
    except (IndexError, KeyboardInterrupt):
        sys.exit(__doc__ if len(sys.argv) < 2 else 0)
