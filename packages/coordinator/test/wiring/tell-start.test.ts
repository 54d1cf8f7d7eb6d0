import test from "ava";
import { tellStart } from "../../src/wiring/tell-start.ts";

const started = (more: object = {}) => ({
	config: { nats: { embedded: { host: "192.0.2.1", port: 7422, logBytes: 1 } } },
	admin: { file: "/data/admin-token", isNew: true },
	urls: { url: "http://192.0.2.1:7420", boot: "http://192.0.2.1:7480" },
	coordinatorId: "c-1",
	...more,
});

/** What is told, fields and message of each entry. */
function told(start: object): string[] {
	const lines: string[] = [];
	const textOf = (word: unknown) => (typeof word === "string" ? word : JSON.stringify(word));
	const info = (...words: unknown[]) => lines.push(words.map(textOf).join(" "));
	tellStart({ info } as never, start as never);
	return lines;
}

test("a first start says which listeners there are, where the token is, and the next three commands", (t) => {
	const lines = told(started());
	for (const address of ["http://192.0.2.1:7420", "http://192.0.2.1:7480", "tls://192.0.2.1:7422"])
		t.true(lines[0]?.includes(address), address);
	t.true(lines[1]?.includes("/data/admin-token"));
	t.deepEqual(lines.slice(2), [
		"next: rollcall context add fleet --server http://192.0.2.1:7420 --token-file /data/admin-token",
		"next: rollcall apply -f deploy/examples/three-nodes.yaml",
		"next: rollcall machines --watch",
	]);
	const declared = told(started({ config: { ...started().config, document: "/etc/rollcall/cluster.yaml" } }));
	t.is(declared[2 + 1], "next: rollcall cluster");
});

test("the port of the bus is the one that it has, and an address of IPv6 is one of a URL", (t) => {
	const config = { ...started().config, nats: { embedded: { host: "::1", port: 0, logBytes: 1 } } };
	t.true(told(started({ config, busPort: 41_234 }))[0]?.includes('"tls://[::1]:41234"'));
});

test("where the token is sealed the first command is the one that writes it in clear", (t) => {
	t.deepEqual(told(started({ admin: { file: "/data/admin-token", isNew: true, isSealed: true } })).slice(2, 4), [
		"next: (umask 077; rollcall coordinator --config FILE --show admin-token >admin.token)",
		"next: rollcall context add fleet --server http://192.0.2.1:7420 --token-file admin.token",
	]);
});

test("a later start tells the listeners alone, and that there is none to boot from", (t) => {
	const lines = told(
		started({ admin: { file: "/data/admin-token", isNew: false }, urls: { url: "http://127.0.0.1:1" } }),
	);
	t.is(lines.length, 2);
	t.regex(lines[1] ?? "", /machines cannot boot from here/);
});
