import { once } from "node:events";
import { connect, createServer } from "node:net";
import { setImmediate } from "node:timers/promises";
import { stretched } from "@rollcall/test-support/stretch";
import test from "ava";
import { Door } from "../../../src/adapters/http/door.ts";

// It counts the rounds of the loop, so that it runs in a process of its own.

test("connections that came while the coordinator was at work are taken before its next turn", async (t) => {
	const server = createServer((socket) => socket.resume());
	const door = new Door(stretched(1_000));
	door.watch(server);
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	t.teardown(() => server.close());
	const { port } = server.address() as { port: number };
	const sockets = Array.from({ length: 60 }, () => connect(port, "127.0.0.1"));
	t.teardown(() => sockets.forEach((socket) => void socket.destroy()));
	let taken = 0;
	server.on("connection", () => taken++);
	await once(server, "connection");
	t.true(taken < 60, "the loop takes one each time that it goes round");
	await door.letIn();
	t.is(taken, 60);
});

test("where nobody new came, nothing is waited for", async (t) => {
	const door = new Door();
	let isOver = false;
	void door.letIn().then(() => {
		isOver = true;
	});
	await Promise.resolve();
	await Promise.resolve();
	t.true(isOver);
	await setImmediate();
});
