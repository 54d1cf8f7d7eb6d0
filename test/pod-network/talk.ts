// `serve PORT`: tells everybody who connects what address he has. `ask HOST PORT`: prints what he was told, or why not.
import { connect, createServer } from "node:net";

const [, , verb, first = "", second = ""] = process.argv;
if (verb === "serve") {
	const payload = "x".repeat(200_000);
	const server = createServer((socket) => {
		socket.on("error", () => {});
		socket.end(`${socket.remoteAddress?.replace(/^::ffff:/, "")} ${payload}`);
	});
	server.listen(Number(first), "::", () => process.stdout.write("listening\n"));
} else {
	const socket = connect({ host: first, port: Number(second), timeout: 3_000 });
	let text = "";
	socket.on("data", (chunk) => {
		text += chunk;
	});
	socket.once("end", () => end(`${text.split(" ")[0]} ${text.length > 200_000 ? "whole" : "cut"}`));
	socket.once("timeout", () => end("silence"));
	socket.on("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
}

function end(text: string): void {
	process.stdout.write(text);
	process.exit();
}
