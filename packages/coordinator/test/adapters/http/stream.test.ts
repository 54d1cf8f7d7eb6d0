import { StreamFrame } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { open, range, started } from "./stream-client.ts";

test("a reader gets what it missed, a mark, and then what happens", async (t) => {
	const { api, url } = await started(t, { limits: { pageEvents: 7 } });
	api.core.recordMany(30);
	const client = open(t, `${url}/v1/events?after=10`);
	await eventually("caught up", () => client.frames.at(-1)?.kind === "caught-up");
	t.deepEqual(client.seqs(), range(11, 30));
	t.deepEqual(client.frames.at(-1), { kind: "caught-up", seq: 30 });
	api.core.recordMany(5);
	await eventually("five more", () => client.seqs().length === 25);
	t.deepEqual(client.seqs(), range(11, 35));
	for (const frame of client.frames) t.true(StreamFrame.safeParse(frame).success);
	t.like(client.frames[0], { text: "machine-labelled happened" });
});

test("without a number, a reader gets only what is new", async (t) => {
	const { api, url } = await started(t);
	api.core.recordMany(30);
	const client = open(t, `${url}/v1/events/stream`);
	await eventually("caught up", () => client.frames.length === 1);
	api.core.recordMany(1);
	await eventually("one more", () => client.frames.length === 2);
	t.deepEqual(client.seqs(), [31]);
});

test("events that are recorded while a reader catches up come once and in order", async (t) => {
	const { api, url } = await started(t, { limits: { pageEvents: 3 } });
	api.core.recordMany(50);
	const read = api.core.events.bind(api.core);
	api.core.events = async (after, limit) => {
		// One event before and one while the log is read.
		if (api.core.log.length < 120) api.core.recordMany(1);
		await new Promise((resolve) => setImmediate(resolve));
		const page = await read(after, limit);
		if (api.core.log.length < 120) api.core.recordMany(1);
		return page;
	};
	const client = open(t, `${url}/v1/events?after=0`);
	await eventually("caught up", () => client.frames.some(({ kind }) => kind === "caught-up"));
	api.core.recordMany(3);
	await eventually("all", () => client.seqs().length >= api.core.log.length);
	t.deepEqual(client.seqs(), range(1, api.core.log.length));
});

test("a burst that no socket can take at once still reaches a reader that reads", async (t) => {
	const { api, url } = await started(t, { limits: { readerEvents: 10, readerBytes: 4096 } });
	const client = open(t, `${url}/v1/events?after=0`);
	await eventually("caught up", () => client.frames.length === 1);
	api.core.recordMany(5000);
	await eventually("all of the burst", () => client.seqs().length >= 5000);
	t.deepEqual(client.seqs(), range(1, 5000));
	t.deepEqual(client.closed, []);
});

test("a log that was begun again ends the stream and says so", async (t) => {
	const { api, url } = await started(t);
	api.core.recordMany(5);
	const client = open(t, `${url}/v1/events`);
	await eventually("it reads", () => client.frames.length === 1);
	api.core.log.length = 0;
	api.core.recordMany(1);
	await eventually("it ends", () => client.closed.length === 1);
	t.regex(client.closed[0]?.reason ?? "", /begun again/);
});

test("a log that cannot be read ends the stream, and says where to go on", async (t) => {
	const { api, url } = await started(t);
	api.core.recordMany(5);
	api.core.events = () => Promise.reject(new Error("no"));
	const client = open(t, `${url}/v1/events?after=2`);
	await eventually("it ends", () => client.closed.length === 1);
	t.deepEqual(client.closed, [{ code: 1011, reason: "the log cannot be read; resume with after=2" }]);
});

test("a log with a hole ends the stream: no event is left out in silence", async (t) => {
	const { api, url } = await started(t);
	api.core.recordMany(5);
	api.core.events = async (after, limit) => api.core.log.filter(({ seq }) => seq > after && seq !== 4).slice(0, limit);
	const client = open(t, `${url}/v1/events?after=0`);
	await eventually("it ends", () => client.closed.length === 1);
	t.deepEqual(client.seqs(), [1, 2, 3]);
	t.deepEqual(client.closed, [{ code: 1011, reason: "the log cannot be read; resume with after=3" }]);
});

test("closing the app ends the streams and tells where to go on", async (t) => {
	const { api, url } = await started(t);
	api.core.recordMany(4);
	const client = open(t, `${url}/v1/events?after=0`);
	await eventually("it reads", () => client.frames.length === 5);
	await api.app.close();
	await eventually("it ends", () => client.closed.length === 1);
	t.deepEqual(client.closed, [{ code: 1001, reason: "the coordinator stops; resume with after=4" }]);
	t.is(api.core.listeners.size, 0);
});

test("a reader that wants some events gets those and no others, from the log and as they happen", async (t) => {
	const { api, url } = await started(t, { limits: { pageEvents: 3 } });
	const removed = { type: "machine-removed", machineId: "m-alpha" as never, by: "x" } as const;
	api.core.recordMany(5);
	api.core.record(removed);
	api.core.recordMany(5);
	const client = open(t, `${url}/v1/events?after=0&severity=warning&type=machine-removed&type=machine-rejected`);
	await eventually("caught up", () => client.frames.at(-1)?.kind === "caught-up");
	t.deepEqual(client.seqs(), [6]);
	api.core.recordMany(2);
	api.core.record(removed);
	await eventually("the new one", () => client.seqs().length === 2);
	t.deepEqual(client.seqs(), [6, 14]);
});
