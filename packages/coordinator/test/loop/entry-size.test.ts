import type { Event } from "@rollcall/protocol";
import fc from "@rollcall/test-support/properties";
import test from "ava";
import { chunkEvents, listBytes } from "../../src/loop/entry-size.ts";

const event = fc.record({
	type: fc.constant("machine-approved"),
	seq: fc.nat(),
	at: fc.nat(),
	machineId: fc.string(),
	by: fc.string({ maxLength: 60 }),
});

test("splitting keeps every event, in order, and no entry is above the limit", (t) => {
	fc.assert(
		fc.property(fc.array(event), (drafts) => {
			const events = drafts as unknown as Event[];
			const chunks = chunkEvents(events, 400);
			t.deepEqual(chunks.flat(), events);
			for (const chunk of chunks) t.true(chunk.length === 1 || Buffer.byteLength(JSON.stringify(chunk)) <= 402);
		}),
	);
});

test("the bytes of a list of events are those of its JSON, also when they are asked for again", (t) => {
	fc.assert(
		fc.property(fc.array(event), (drafts) => {
			const events = drafts as unknown as Event[];
			const bytes = Buffer.byteLength(JSON.stringify(events));
			t.deepEqual([listBytes(events), listBytes(events)], [bytes, bytes]);
		}),
	);
});
