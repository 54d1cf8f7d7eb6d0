import fc from "@rollcall/test-support/properties";
import test from "ava";
import { type LiveModel, renderFrame } from "../src/live/frame.ts";
import { LivePainter } from "../src/live/painter.ts";
import { screenOf } from "../src/process-surroundings.ts";
import { settled } from "../src/text/printable.ts";
import { NOW } from "./support/fixed-clock.ts";
import { HOSTILE_PARTS, notPlain } from "./support/hostile.ts";
import { leaseEvent, machine } from "./support/views.ts";

const hostile = fc
	.array(fc.constantFrom(...HOSTILE_PARTS), { minLength: 1, maxLength: 6 })
	.map((parts) => parts.join(""));
/** A live view, of `up` or of `machines --watch`, in which every text that others choose is this one. */
function hostileModel(text: string): LiveModel {
	const said = { reason: text, next: text, address: text, serial: text, hostName: text, nodeName: text, slot: text };
	return {
		title: `cluster ${text}`,
		// The command reads no answer in which a name is none; here it is given one all the same.
		machines: [{ ...machine("m-1"), ...said, health: [{ component: text, healthy: false, reason: text }] } as never],
		expected: 5,
		trouble: [{ kind: "empty-seat", text, next: text }],
		events: [{ event: { ...leaseEvent(1, "m-1"), machineId: text } as never, text }],
		notice: text,
		footer: [text],
	};
}

test("whatever others say, the live view of `up` and of `machines --watch` neither links, copies, turns around nor moves anything", (t) => {
	let written = "";
	const write = (chunk: unknown) => {
		written += String(chunk);
		return true;
	};
	const screen = screenOf({ write, isTTY: true, columns: 100, rows: 30 } as never, true);
	const size = fc.record({ columns: fc.integer({ min: 1, max: 140 }), rows: fc.integer({ min: 2, max: 40 }) });
	fc.assert(
		fc.property(fc.array(hostile, { minLength: 2, maxLength: 3 }), size, (texts, { columns, rows }) => {
			written = "";
			const painter = new LivePainter(screen);
			for (const text of texts) {
				painter.draw(renderFrame(hostileModel(text), { columns, rows, paint: screen.paint, now: NOW }));
				painter.resized();
			}
			painter.clear();
			const found = notPlain(written);
			if (found !== undefined) throw new Error(found);
		}),
		{ numRuns: 60 },
	);
	t.true(written.length > 0);
});

test("every sequence that links, copies, sets a title or begins with a C1 control is shown and not obeyed", (t) => {
	for (const part of HOSTILE_PARTS) t.is(notPlain(settled(`a${part}b`)), undefined, JSON.stringify(part));
	for (const part of HOSTILE_PARTS.slice(0, 12)) t.truthy(notPlain(part), JSON.stringify(part));
});
