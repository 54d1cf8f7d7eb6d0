import fc from "@rollcall/test-support/properties";
import test from "ava";
import { type LiveModel, renderFrame } from "../src/live/frame.ts";
import { LivePainter } from "../src/live/painter.ts";
import { painter } from "../src/text/colour.ts";
import { widthOf } from "../src/text/width.ts";
import { golden } from "./support/cli.ts";
import { NOW } from "./support/fixed-clock.ts";
import { fleet, leaseEvent, machine } from "./support/views.ts";

const paint = painter(false);
const model: LiveModel = {
	title: "REHEARSAL: 5 rehearsal machines on this computer, coordinator at http://127.0.0.1:7420",
	machines: fleet(),
	expected: 5,
	events: Array.from({ length: 9 }, (_, index) => ({
		event: leaseEvent(index + 1, "m-1"),
		text: `what happened as number ${index + 1}, told in a sentence that is long enough to be cut`,
	})),
	footer: ["In a second terminal: rollcall machines", "Ctrl-C ends all of it."],
};

const frame = (columns: number, rows: number, change: Partial<LiveModel> = {}) =>
	renderFrame({ ...model, ...change }, { columns, rows, paint, now: NOW });

test("the live screen shows the machines, the latest events and what to do", async (t) => {
	golden(t, "frame-100x24.txt", `${frame(100, 24).join("\n")}\n`);
});

test("a narrow terminal loses the less important columns, not the phase", async (t) => {
	golden(t, "frame-50x16.txt", `${frame(50, 16).join("\n")}\n`);
});

test("when there is no room for all machines, those that are not ready stay and the rest is counted", async (t) => {
	const many = Array.from({ length: 40 }, (_, index) => machine(`m-${String(index).padStart(2, "0")}`));
	golden(
		t,
		"frame-many.txt",
		`${frame(80, 16, { machines: [...many, ...fleet()], expected: undefined }).join("\n")}\n`,
	);
});

test("a terminal that is too small for the table shows the sum and the machines that are not ready, and says so", (t) => {
	const lines = frame(30, 6);
	t.is(lines.length, 5);
	t.regex(lines[0] ?? "", /^1 of 5 machines ready: /);
	const [first, second] = lines.slice(1, 3);
	t.notRegex(`${first} ${second}`, /^ready/);
	t.is(lines.at(-1), "too small: 40x10 shows all");
	t.regex(frame(30, 6, { notice: "the coordinator ended" })[1] ?? "", /^the coordinator ended/);
	t.is(frame(200, 2).length, 1);
	t.is(frame(3, 60)[0], "1…");
});

test("a notice stands between the title and the table until it is taken away", (t) => {
	t.is(frame(100, 24, { notice: "the coordinator ended" })[2], "the coordinator ended");
	t.false(frame(80, 24).includes("the coordinator ended"));
});

test("no frame is higher than the screen less one line, nor any line wider", (t) => {
	const size = fc.record({
		columns: fc.integer({ min: 1, max: 200 }),
		rows: fc.integer({ min: 1, max: 60 }),
		count: fc.integer({ min: 0, max: 80 }),
	});
	fc.assert(
		fc.property(size, fc.string({ unit: "grapheme" }), ({ columns, rows, count }, text) => {
			const machines = Array.from({ length: count }, (_, index) => machine(`m-${index}`, { nodeName: `n-${index}` }));
			const lines = frame(columns, rows, { machines, notice: text });
			return lines.length <= Math.max(1, rows - 1) && lines.every((line) => widthOf(line) <= columns);
		}),
	);
	t.pass();
});

test("colour changes no width", (t) => {
	const coloured = renderFrame(model, { columns: 72, rows: 24, paint: painter(true), now: NOW });
	t.deepEqual(coloured.map(widthOf), frame(72, 24).map(widthOf));
});

test("a frame is drawn over the one before, and after a resize on an empty screen", (t) => {
	let written = "";
	const write = (text: string) => {
		written += text;
	};
	const screen = { write, control: write, document: write, isTerminal: true, size: () => undefined, paint };
	const live = new LivePainter(screen);
	live.draw(["a", "b"]);
	t.true(written.startsWith("\u001b[?25l"), "the cursor is hidden");
	written = "";
	live.draw(["a", "b"]);
	t.is(written, "", "nothing changed");
	live.draw(["a", "c"]);
	t.true(written.startsWith("\u001b[2A\r"), "up to where the frame began");
	written = "";
	live.resized();
	live.draw(["a", "c"]);
	t.true(written.startsWith("\u001b[2J\u001b[H"));
	written = "";
	live.clear();
	t.is(written, "\u001b[2A\r\u001b[0J\u001b[?25h", "the frame is gone and the cursor is back");
});

test("what matters is whole on a narrow screen: the address, what is not well, what happened", (t) => {
	const text = "worker-1 was sent generation 12 since its document changed in two places";
	const trouble = [{ kind: "empty-seat", text: "2 of 3 seats of slot cp (control-plane) are empty" }] as const;
	const lines = frame(80, 24, { events: [{ event: leaseEvent(1, "m-1"), text }], trouble });
	const flat = lines.join(" ").replaceAll(/ +/g, " ");
	for (const part of ["http://127.0.0.1:7420", trouble[0].text, text]) t.true(flat.includes(part), part);
	const many = [
		"no machine is a control plane",
		"1 of 1 seats of slot cp is empty",
		"2 boots are stuck: a, b",
		"x",
	].map((told) => ({
		kind: "empty-seat" as const,
		text: told,
		next: "a step that takes more than a line of forty columns",
	}));
	const narrow = frame(40, 12, { trouble: many });
	for (const { text } of many.slice(0, 3))
		t.true(
			narrow.some((line) => line.includes(text)),
			text,
		);
	t.true(frame(40, 12, { trouble: [...many, ...many] }).some((line) => line.includes("5 more: rollcall status")));
	t.true(frame(40, 12, { trouble }).join(" ").replaceAll(/ +/g, " ").includes("http://127.0.0.1:7420"));
});
