#!/usr/bin/env python3
"""A Signalbox runner in Python, with the standard library alone.

The agent reads the text that it is given and answers with what a reader wants to know first: how long it is, which
words carry it, and how it begins. What matters here is the frame around it: everything that a runner of
`signalbox.stdio/1` has to do, in the order of its life. Rewrite `answer` and keep the rest.

  hear a line -> check it -> start a thread for the run -> say events -> say exactly one `end`
  end of input -> accept nothing new, finish what runs, exit 0

Try it:  echo '{"type":"run","id":"1","params":{"prompt":"It works."}}' | python3 runner.py
"""

import collections
import json
import os
import re
import sys
import threading
import traceback

LONGEST_ID = 256  # characters; no host accepts longer ones


class Stream:
    """One of our two output streams. A frame is one line, written whole and flushed, under the stream's own lock."""

    def __init__(self, descriptor):
        self.raw = os.fdopen(os.dup(descriptor), "wb")
        self.lock = threading.Lock()

    def say(self, **frame):
        # ASCII with escapes: no newline and no broken Unicode can get into the line.
        line = json.dumps(frame, separators=(",", ":")).encode("ascii") + b"\n"
        with self.lock:
            self.raw.write(line)
            self.raw.flush()


class Cancelled(Exception):
    """Raised inside a run that was asked to stop."""


class InvalidParams(Exception):
    """Says which field is missing or wrong."""


class Run:
    """One accepted run, in a thread of its own."""

    def __init__(self, runner, run_id, prompt, pace):
        self.runner, self.id, self.prompt, self.pace = runner, run_id, prompt, pace
        self.cancelled = threading.Event()
        self.thread = threading.Thread(target=self.live, name=run_id)

    def event(self, **event):
        self.runner.out.say(type="event", id=self.id, event=event)

    def pause(self):
        """Waits a little, or not at all: a cancel ends the waiting at once."""
        if self.cancelled.wait(self.pace):
            raise Cancelled

    def live(self):
        try:
            self.runner.end(self.id, **self.work())
        except BrokenPipeError:
            os._exit(1)  # Nobody reads us any more: there is nobody to explain it to.

    def work(self):
        """Returns how the run ends, whatever the agent does."""
        try:
            answer(self)
            return {"status": "ok"}
        except Cancelled:
            return {"status": "cancelled"}
        except BrokenPipeError:
            raise
        except Exception as error:
            self.runner.diag("error", traceback.format_exc(), id=self.id)
            return {"status": "error", "error": one_line(str(error) or type(error).__name__)}


class Runner:
    """The protocol: lines in on stdin, frames out on stdout and stderr."""

    def __init__(self):
        self.out, self.err = Stream(1), Stream(2)
        self.runs, self.lock = {}, threading.Lock()
        # A `print` somewhere in a library must not get into the protocol.
        sys.stdout = sys.stderr

    def serve(self):
        self.out.say(
            type="hello",
            protocol=1,
            agent="summary",
            version="1.0.0",
            capabilities={"cancel": "cooperative", "answer": False},
        )
        # Bytes, because only 0x0A ends a line; Python's text mode would also have changed the others.
        for line in sys.stdin.buffer:
            self.hear(line.decode("utf-8", errors="replace").strip())
        # The end of input: nothing new can come. What runs is finished; each run says its `end`.
        with self.lock:
            runs = list(self.runs.values())
        for run in runs:
            run.thread.join()

    def hear(self, line):
        try:
            frame = json.loads(line)
        except (ValueError, RecursionError):
            return  # Not a line of the protocol. It is nobody's fault that can be named, so it is ignored.
        run_id = frame.get("id") if isinstance(frame, dict) else None
        if not isinstance(run_id, str) or not 0 < len(run_id) <= LONGEST_ID:
            return  # `hello`, and whatever is addressed to no run.
        if frame.get("type") == "run":
            self.accept(run_id, frame)
        elif frame.get("type") == "cancel":
            self.cancel(run_id)
        elif frame.get("type") != "answer":
            self.refuse(run_id, "unknown-type: " + one_line(str(frame.get("type"))[:64]))

    def accept(self, run_id, frame):
        try:
            prompt, pace = read_params(frame)
        except InvalidParams as error:
            return self.refuse(run_id, f"invalid-params: {error}")
        run = Run(self, run_id, prompt, pace)
        with self.lock:
            fresh = self.runs.setdefault(run_id, run) is run
        if not fresh:
            return self.refuse(run_id, "duplicate-id")
        try:
            run.thread.start()
        except RuntimeError as error:  # The system has no thread left; the other runs go on.
            self.end(run_id, status="error", error=one_line(str(error)))

    def cancel(self, run_id):
        """Harmless for a run that is unknown, has ended, or was cancelled before."""
        with self.lock:
            run = self.runs.get(run_id)
        if run:
            run.cancelled.set()

    def refuse(self, run_id, error):
        """An `end` about an id in flight would end that run for its readers, so they get a diagnostic instead."""
        with self.lock:
            if run_id not in self.runs:
                return self.out.say(type="end", id=run_id, status="error", error=error)
        self.diag("warn", f"{error}: the line was ignored; the run goes on", id=run_id)

    def diag(self, level, message, **about):
        """Diagnostics may get lost: a host that stopped listening to stderr still hears stdout."""
        try:
            self.err.say(type="diag", level=level, message=message, **about)
        except OSError:
            pass

    def end(self, run_id, **end):
        """The id is free again only when its `end` is said; the lock keeps the next run of that id behind it."""
        with self.lock:
            self.out.say(type="end", id=run_id, **end)
            del self.runs[run_id]


def read_params(frame):
    """The prompt as text, and the seconds between two pieces of the answer."""
    if "params" not in frame:
        raise InvalidParams("missing field `params`")
    params = frame["params"]
    if not isinstance(params, dict):
        raise InvalidParams("`params` is not an object")
    if "prompt" not in params:
        raise InvalidParams("missing field `prompt`")
    prompt, pace_ms = params["prompt"], params.get("pace_ms", 10)
    if isinstance(prompt, list) and all(isinstance(part, dict) for part in prompt):
        prompt = "\n".join(part["text"] for part in prompt if isinstance(part.get("text"), str))
    if not isinstance(prompt, str):
        raise InvalidParams("wrong type of `prompt`")
    if isinstance(pace_ms, bool) or not isinstance(pace_ms, (int, float)) or not 0 <= pace_ms <= 60_000:
        raise InvalidParams("`pace_ms` is not a number from 0 to 60000")
    return prompt, pace_ms / 1000


def one_line(text):
    return " ".join(text.split())


def answer(run):
    """The agent itself: an `agent_message` that grows by deltas and is repeated whole when it is complete."""
    message = {"id": "message", "type": "agent_message", "text": ""}
    run.event(type="item.started", item=dict(message))
    for piece in re.findall(r"\S+\s*", summary(run.prompt)):
        run.pause()
        message["text"] += piece
        run.event(type="item.delta", item_id=message["id"], field="text", delta=piece)
    run.event(type="item.completed", item=message)


def summary(text):
    words = re.findall(r"\w+", text.lower())
    if not words:
        return "The text has no words."
    sentences = [one_line(part) for part in re.split(r"(?<=[.!?])\s+", text) if part.strip()]
    weight = collections.Counter(word for word in words if len(word) > 4)
    lines = [f"{count(words, 'word')} in {count(sentences, 'sentence')}, {max(1, len(words) // 200)} min to read."]
    if weight:
        lines.append("It speaks of " + ", ".join(word for word, _ in weight.most_common(5)) + ".")
    lines.append("It begins: " + sentences[0][:200])
    return "\n".join(lines)


def count(things, noun):
    return f"{len(things)} {noun}" if len(things) == 1 else f"{len(things)} {noun}s"


def main():
    try:
        Runner().serve()
    except BrokenPipeError:
        os._exit(1)
    except Exception as error:
        # We cannot go on: one `fatal` line, then a code that is not 0.
        Stream(2).say(type="fatal", message=one_line(f"{type(error).__name__}: {error}"))
        os._exit(1)


if __name__ == "__main__":
    main()
