"""Roll out students that recite prepared turns, with `verifiers` and a server on loopback, and write the rollouts.

    python verifiers_rollouts.py RESULTS TURNS OUTPUT

TURNS is JSON: it maps a student (its model name) and the user's message of a question to the student's turns.
"""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import verifiers as vf
from verifiers.types import ClientConfig

results, turns_file, output = sys.argv[1:]
students: dict[str, dict[str, list[str]]] = json.loads(Path(turns_file).read_text())


class Reciter(BaseHTTPRequestHandler):
    """Serve chat completions like an OpenAI-compatible server."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = next(message["content"] for message in request["messages"] if message["role"] == "user")
        said = sum(message["role"] == "assistant" for message in request["messages"])
        message = {"role": "assistant", "content": students[request["model"]][asked][said]}
        body = json.dumps(
            {
                "id": "0", "object": "chat.completion", "created": 0, "model": request["model"],
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
            }
        ).encode()  # fmt: skip
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *_: Any) -> None:  # noqa: A002 - named by http.server
        """Print nothing."""


server = ThreadingHTTPServer(("127.0.0.1", 0), Reciter)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ["RECITER_KEY"] = "none"
client = ClientConfig(api_key_var="RECITER_KEY", api_base_url=f"http://127.0.0.1:{server.server_port}/v1")
environment = vf.load_environment("tabletutor.formats.verifiers_env", results=results, max_turns=4, max_sessions=3)
report: dict[str, Any] = {"version": vf.__version__, "train": len(environment.get_dataset()), "students": {}}
for student in students:
    done = environment.evaluate_sync(client, student, max_retries=0)
    report["students"][student] = [
        {
            "question": json.loads(rollout["info"])["question_id"]
            if isinstance(rollout["info"], str)
            else rollout["info"]["question_id"],
            "completion": [
                {"role": message["role"], "content": message["content"]} for message in rollout["completion"]
            ],
            "reward": rollout["reward"],
            "metrics": rollout["metrics"],
            "stop": rollout["stop_condition"],
        }
        for rollout in done["outputs"]
    ]
Path(output).write_text(json.dumps(report))
server.shutdown()
