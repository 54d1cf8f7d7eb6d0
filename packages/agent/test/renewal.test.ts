import { eventually } from "@rollcall/test-support/eventually";
import test, { type ExecutionContext } from "ava";
import { LinkError } from "../src/errors.ts";
import { createRenewal } from "../src/loop/renewal.ts";
import { createTargetKeeper } from "../src/loop/target-keeper.ts";
import { LIFE, setUp, TARGET } from "./support/certified.ts";
import { MACHINE } from "./support/targets.ts";

/** A machine that runs a target, and renews. */
async function renewing(t: ExecutionContext) {
	const scene = setUp(t);
	const { parts, credentials } = scene;
	await scene.apply(TARGET);
	const keeper = createTargetKeeper({ ...parts, random: () => 0, machineId: () => MACHINE, changed: () => {} });
	await keeper.start();
	let changes = 0;
	const renewal = createRenewal({ ...parts, credentials, keeper, random: () => 0, changed: () => void changes++ });
	const ended = new AbortController();
	const run = renewal.run(ended.signal);
	t.teardown(async () => {
		ended.abort();
		await run;
		await keeper.stop();
	});
	const kept = () => parts.memory.credentials().certificates.map(({ certificate }) => certificate);
	return { ...scene, renewal, kept, changes: () => changes };
}

test("certificates that are not valid by the machine's clock are part of its health, until new ones came", async (t) => {
	const { by, renewal, kept, changes } = await renewing(t);
	t.deepEqual(renewal.health(), []);
	by.answer = () => {
		throw new LinkError("nobody is there");
	};
	for (const one of kept()) by.invalid.add(one);
	await eventually("it is told", () => renewal.health()[0]);
	t.like(renewal.health()[0], { component: "certificates", healthy: false });
	t.regex(
		renewal.health()[0]?.reason ?? "",
		/^not valid by this machine's clock, which says \d{4}-\d\d-\d\d: one, kubelet$/,
	);
	t.is(changes(), 1);
	by.answer = undefined;
	await eventually("it is well", () => renewal.health().length === 0);
	t.is(changes(), 2);
});

test("while nobody answers, the machine's own journal says until when its certificates are valid, and then that they have ended", async (t) => {
	const { by, parts, kept, pass } = await renewing(t);
	by.answer = () => {
		throw new LinkError("nobody is there");
	};
	const [first = ""] = kept();
	by.ends.set(first, Date.UTC(2026, 0, 17, 12));
	pass(LIFE);
	const told = (words: RegExp) => parts.log.lines.filter((line) => words.test(line));
	await eventually("it is told that they are due", () => told(/due/).length > 0);
	t.regex(told(/due/)[0] ?? "", /nobody is there.*"validUntil":"2026-01-17T12:00:00.000Z"/);
	by.invalid.add(first);
	await eventually("it is told that one has ended", () => told(/not valid by/).length > 0);
	t.regex(told(/not valid by/)[0] ?? "", /which says \d{4}-\d\d-\d\d: one"/);
	t.is(told(/not valid by/).length, 1);
	by.answer = undefined;
	await eventually("it is told that all are valid", () => told(/valid again/).length > 0);
});

test("all certificates are ordered anew when the coordinator says so, once", async (t) => {
	const { by, renewal } = await renewing(t);
	t.is(by.orders.length, 1);
	renewal.ask();
	await eventually("an order", () => by.orders.length === 2);
	t.deepEqual(
		by.orders[1]?.certificates.map(({ name }) => name),
		["one", "kubelet"],
	);
	t.deepEqual(by.orders[1]?.secrets, []);
});

test("a machine that was suspended beyond the end of its certificates orders them when it wakes up", async (t) => {
	const { by, pass } = await renewing(t);
	pass(LIFE * 20);
	await eventually("an order", () => by.orders.length === 2);
	t.deepEqual(
		by.orders[1]?.certificates.map(({ name }) => name),
		["one", "kubelet"],
	);
});

test("certificates that come due while others are ordered are renewed at once, and none is called not valid", async (t) => {
	const { by, parts, pass } = await renewing(t);
	by.lives.set("kubelet", LIFE * 2);
	pass(LIFE / 3);
	await eventually("both are renewed", () => by.orders.length === 2);
	by.during = () => {
		by.during = () => {};
		pass(LIFE / 3);
	};
	pass(LIFE / 3);
	await eventually("the second is renewed", () =>
		by.orders.slice(2).some(({ certificates }) => certificates.some(({ name }) => name === "kubelet")),
	);
	t.deepEqual(
		parts.log.lines.filter((line) => /not valid by/.test(line)),
		[],
	);
});

test("a certificate that is valid does not give way to one that is not", async (t) => {
	const { by, kept, pass, credentials } = await renewing(t);
	const before = kept();
	for (let number = 3; number < 40; number++)
		for (const name of ["one", "kubelet"]) by.invalid.add(`certificate ${name} ${number}\n`);
	pass((LIFE * 2) / 3);
	await eventually("orders in vain", () => by.orders.length >= 3);
	t.deepEqual(kept(), before);
	by.invalid.clear();
	await eventually("one that is valid", () => kept()[0] !== before[0]);
	t.deepEqual(credentials.invalid(TARGET.target.content), []);
});

test("certificates in vain are told of and counted by themselves, also after nobody had answered for a while", async (t) => {
	const { by, parts, pass } = await renewing(t);
	let asked = 0;
	by.answer = () => {
		asked += 1;
		throw new LinkError("nobody is there");
	};
	pass((LIFE * 2) / 3);
	await eventually("orders that nobody answers", () => asked >= 2);
	for (let number = 3; number < 40; number++)
		for (const name of ["one", "kubelet"]) by.invalid.add(`certificate ${name} ${number}\n`);
	by.answer = undefined;
	const told = () => parts.log.lines.filter((line) => /certificates that came are not valid/.test(line)).length;
	await eventually("it is told", () => told() === 1);
	by.invalid.clear();
	await eventually("none is in vain any more", () => by.orders.length >= 3);
	t.is(told(), 1);
});
