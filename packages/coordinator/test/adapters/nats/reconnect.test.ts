import test from "ava";
import { reconnectRule } from "../../../src/adapters/nats/reconnect.ts";

test("each server is tried at once, and then all wait by the client's own timer, which ends with the connection", (t) => {
	const { reconnectDelayHandler, reconnectToServer } = reconnectRule(60_000);
	const servers = ["one", "two"].map((host) => ({ hostname: host, port: 4222, listen: `${host}:4222` })) as never;
	t.true((reconnectDelayHandler?.() ?? 0) < 0, "the first attempt");
	t.is(reconnectToServer?.(servers, null), null, "the client picks the server, and holds nothing back");
	t.true((reconnectDelayHandler?.() ?? 0) < 0, "the other server");
	reconnectToServer?.(servers, null);
	const wait = reconnectDelayHandler?.() ?? 0;
	t.true(wait >= 60_000 && wait <= 60_200, `${wait} ms once both were tried`);
});

test("after the pause all servers are tried at once again", (t) => {
	const { reconnectDelayHandler, reconnectToServer } = reconnectRule(-1_000);
	for (let attempt = 0; attempt < 5; attempt++) {
		t.true((reconnectDelayHandler?.() ?? 0) < 0);
		reconnectToServer?.([{ hostname: "one", port: 4222, listen: "one:4222" }] as never, null);
	}
});
