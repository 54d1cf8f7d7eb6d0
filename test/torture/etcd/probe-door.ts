/**
 * Answers the probes of a rehearsed machine, which are plain HTTP at its loopback address, with what its API server says over HTTPS at the
 * machine's own address. Words: loopback address, own address, port.
 */
import { createServer } from "node:http";
import { get } from "node:https";

const [loopback = "", address = "", port = ""] = process.argv.slice(2);
const server = createServer((asked, answer) => {
	asked.resume();
	// As little checked as by kubelet's own probes.
	const options = {
		host: address,
		port,
		path: asked.url ?? "/",
		rejectUnauthorized: false,
		agent: false as const,
		timeout: 10_000,
	};
	const onward = get(options, (said) => {
		answer.writeHead(said.statusCode ?? 502);
		said.pipe(answer);
	});
	onward.on("timeout", () => onward.destroy(new Error("no answer within 10 s")));
	onward.on("error", (error) => {
		if (!answer.headersSent) answer.writeHead(503);
		answer.end(error.message);
	});
});
server.listen(Number(port), loopback);
