import { createPrivateKey, createPublicKey } from "node:crypto";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { emptyContent } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { nodeKeyring } from "../src/adapters/keys/keyring.ts";
import { LinkError } from "../src/errors.ts";
import { applyTarget } from "../src/loop/apply.ts";
import { createCredentialStore } from "../src/loop/credential-store.ts";
import { keep } from "../src/loop/keep.ts";
import { createRenewal } from "../src/loop/renewal.ts";
import { createTargetKeeper } from "../src/loop/target-keeper.ts";
import { LIFE, request, setUp, TARGET } from "./support/certified.ts";

import { accepted, BOOT, file, MACHINE, unitProbe } from "./support/targets.ts";

test("keys are made here; certificates, keys and secrets become files for root alone, next to the target's own", async (t) => {
	const { apply, files, by, root } = setUp(t);
	t.deepEqual(await apply(TARGET), { state: "applied" });
	const { "/etc/kubernetes/pki/one.key": key = "", "/var/lib/kubelet/pki/k.pem": both = "", ...rest } = files();
	t.deepEqual(rest, {
		"/etc/kubernetes/a": "644 a",
		"/etc/kubernetes/pki/one.crt": "600 certificate one 1\n",
		"/etc/kubernetes/pki/sa.key": "600 secret shared",
	});
	t.regex(both, /^600 certificate kubelet 2\n-----BEGIN PRIVATE KEY-----/);
	t.is(statSync(join(root, "etc/kubernetes/pki")).mode & 0o777, 0o700);
	const [order] = by.orders;
	t.is(by.orders.length, 1);
	t.notRegex(JSON.stringify(order), /PRIVATE/);
	const publicKey = createPublicKey(createPrivateKey(key.slice(4))).export({ format: "der", type: "spki" });
	t.true(Buffer.from(order?.certificates[0]?.request ?? "", "base64").includes(publicKey));
});

test("what is valid is not asked for again, over restarts of the agent and new targets", async (t) => {
	const { apply, files, by, root } = setUp(t);
	await apply(TARGET);
	const before = files();
	const again = setUp(t, root, by);
	t.deepEqual(await again.apply(TARGET), { state: "applied" });
	t.deepEqual(await again.apply(accepted(2, { ...TARGET.target.content, files: [] })), { state: "applied" });
	const { "/etc/kubernetes/a": _gone, ...rest } = before;
	t.deepEqual(again.files(), rest);
	t.is(by.orders.length, 1);
});

test("another subject needs another certificate, with the same key; what is not named any more goes", async (t) => {
	const { apply, files, by } = setUp(t);
	await apply(TARGET);
	const key = files()["/etc/kubernetes/pki/one.key"];
	t.deepEqual(await apply(accepted(2, { certificates: [request("one", "other")] })), { state: "applied" });
	t.deepEqual(files(), {
		"/etc/kubernetes/pki/one.crt": "600 certificate one 3\n",
		"/etc/kubernetes/pki/one.key": key ?? "",
	});
	t.deepEqual(
		by.orders.map(({ certificates }) => certificates.map(({ name }) => name)),
		[["one", "kubelet"], ["one"]],
	);
});

test("an order that is refused rejects the target, and nothing was written", async (t) => {
	const { apply, by, files } = setUp(t);
	by.answer = () => ({ kind: "problem", problem: { code: "forbidden", message: "not yours" } });
	t.deepEqual(await apply(TARGET), { state: "rejected", step: "certificates", reason: "not yours" });
	t.deepEqual(files(), {});
});

test("while nobody answers it asks again, and goes on when somebody does", async (t) => {
	const { apply, by, files } = setUp(t);
	by.answer = () => {
		if (by.orders.length < 4) throw new LinkError("no answer");
		if (by.orders.length < 6) return { kind: "problem", problem: { code: "not-leader", message: "ask the other" } };
		by.answer = undefined;
		throw new LinkError("once more");
	};
	t.deepEqual(await apply(TARGET), { state: "applied" });
	t.is(by.orders.length, 7);
	t.is(Object.keys(files()).length, 5);
});

test("an answer that lacks something, or is sealed to somebody else, rejects the target", async (t) => {
	const { apply, by } = setUp(t);
	by.answer = () => ({ kind: "certified", certificates: [], secrets: [] });
	t.like(await apply(TARGET), { state: "rejected", step: "certificates" });
	const real = setUp(t);
	const credentials = createCredentialStore({
		...real.parts,
		keyring: nodeKeyring,
		bootId: BOOT,
		random: () => 0,
		certify: real.by.certify,
		fenced: () => {},
	});
	const outcome = await applyTarget({ ...real.parts, credentials }, TARGET, {
		machineId: MACHINE,
		signal: new AbortController().signal,
		started: () => {},
	});
	t.deepEqual(outcome, {
		state: "rejected",
		step: "certificates",
		reason: "the secret shared was not sealed to this machine",
	});
});

test("after a third of its life, so that two thirds are always left, a certificate is renewed, its key stays, and the file follows", async (t) => {
	const { apply, credentials, parts, files, pass, by } = setUp(t);
	await apply(TARGET);
	const { content } = TARGET.target;
	const before = files();
	pass(LIFE / 3 - 1);
	t.true(credentials.renewalAt(content) > parts.clock.sinceBoot());
	pass(1);
	t.true(credentials.renewalAt(content) <= parts.clock.sinceBoot());
	await credentials.renew(TARGET.target, TARGET.target);
	t.deepEqual(by.orders[1]?.secrets, []);
	t.deepEqual(files(), before);
	await keep(parts, TARGET, new AbortController().signal, "renewed");
	const after = files();
	t.is(after["/etc/kubernetes/pki/one.crt"], "600 certificate one 3\n");
	t.is(after["/etc/kubernetes/pki/one.key"], before["/etc/kubernetes/pki/one.key"]);
	t.true(credentials.renewalAt(content) > parts.clock.sinceBoot());
	t.false(parts.log.lines.join("\n").includes("PRIVATE"));
});

test("a certificate that is not valid by the machine's wall clock is ordered anew at once, with its key", async (t) => {
	const { apply, credentials, parts, by } = setUp(t);
	await apply(TARGET);
	const { content } = TARGET.target;
	const [first] = parts.memory.credentials().certificates;
	t.true(credentials.renewalAt(content) > parts.clock.sinceBoot());
	by.invalid.add(first?.certificate ?? "");
	t.true(credentials.renewalAt(content) <= parts.clock.sinceBoot());
	await credentials.renew(TARGET.target, TARGET.target);
	t.deepEqual(
		by.orders[1]?.certificates.map(({ name }) => name),
		[first?.name],
	);
	t.is(parts.memory.credentials().certificates.find(({ name }) => name === first?.name)?.key, first?.key);
	t.true(credentials.renewalAt(content) > parts.clock.sinceBoot());
});

test("while the newest target is rejected, what runs is renewed in its name", async (t) => {
	const { apply, parts, files, pass, by, credentials } = setUp(t);
	await apply(TARGET);
	const ended = new AbortController();
	const keeper = createTargetKeeper({ ...parts, random: () => 0, machineId: () => MACHINE, changed: () => {} });
	await keeper.start();
	const newest = accepted(2, { ...TARGET.target.content, files: [file("/nowhere/a", "not allowed")] });
	keeper.offer(newest);
	await eventually("it is rejected", () => keeper.standing()?.progress.state === "rejected");
	by.answer = () => {
		by.answer = undefined;
		const order = by.orders.at(-1);
		if (order?.generation === 2 && order.digest === newest.target.digest) throw new LinkError("once more");
		by.answer = () => ({ kind: "problem", problem: { code: "conflict", message: "not its target" } });
		return by.answer();
	};
	pass((LIFE * 2) / 3);
	const renewing = createRenewal({ ...parts, credentials, keeper, random: () => 0, changed: () => {} }).run(
		ended.signal,
	);
	t.teardown(async () => {
		ended.abort();
		await renewing;
		await keeper.stop();
	});
	await eventually("it is renewed", () => files()["/etc/kubernetes/pki/one.crt"] === "600 certificate one 3\n");
	t.is(keeper.running()?.target.generation, 1);
	t.deepEqual(by.orders.at(-1)?.secrets, []);
});

test("what is renewed while a newer target is applied reaches the files, however that apply ends", async (t) => {
	for (const end of ["applied", "rejected", "refused"] as const) {
		const { apply, parts, files, pass, credentials } = setUp(t);
		await apply(TARGET);
		const ended = new AbortController();
		const keeper = createTargetKeeper({ ...parts, random: () => 0, machineId: () => MACHINE, changed: () => {} });
		await keeper.start();
		const late = unitProbe("late", "late.service", end === "applied" ? 30 : 1);
		const outside = end === "refused" ? [file("/nowhere/a", "not allowed")] : [];
		const files2 = [...TARGET.target.content.files, ...outside];
		keeper.offer(accepted(2, { ...TARGET.target.content, files: files2, probes: [late] }));
		await eventually("it is applied just now", () => keeper.standing()?.generation === 2);
		pass((LIFE * 2) / 3);
		const renewing = createRenewal({ ...parts, credentials, keeper, random: () => 0, changed: () => {} }).run(
			ended.signal,
		);
		t.teardown(async () => {
			ended.abort();
			await renewing;
			await keeper.stop();
		});
		await eventually("it is renewed", () => parts.memory.credentials().certificates[0]?.certificate.endsWith(" 3\n"));
		if (end === "applied") parts.units.running.add("late.service");
		const becomes = end === "applied" ? "applied" : "rejected";
		await eventually(`it is ${end}`, () => keeper.standing()?.progress.state === becomes);
		await eventually("the file follows", () => files()["/etc/kubernetes/pki/one.crt"] === "600 certificate one 3\n");
		t.is(keeper.running()?.target.generation, end === "applied" ? 2 : 1);
	}
});

test("renewed files that cannot be written now are written later", async (t) => {
	const { apply, parts, files, pass, credentials } = setUp(t);
	await apply(TARGET);
	let full = false;
	const disk: typeof parts.files = {
		...parts.files,
		async stage(...all) {
			if (full) throw new Error("ENOSPC");
			await parts.files.stage(...all);
		},
	};
	const keeper = createTargetKeeper({
		...parts,
		files: disk,
		random: () => 0,
		machineId: () => MACHINE,
		changed: () => {},
	});
	await keeper.start();
	full = true;
	pass((LIFE * 2) / 3);
	await credentials.renew(TARGET.target, TARGET.target);
	t.false(await keeper.mend());
	t.is(files()["/etc/kubernetes/pki/one.crt"], "600 certificate one 1\n");
	full = false;
	t.true(await keeper.mend());
	t.is(files()["/etc/kubernetes/pki/one.crt"], "600 certificate one 3\n");
	await keeper.stop();
});

test("an empty target takes keys, certificates and secrets away, also from the agent's memory", async (t) => {
	const { apply, parts, files } = setUp(t);
	await apply(TARGET);
	t.deepEqual(await apply(accepted(2, emptyContent())), { state: "applied" });
	t.deepEqual(files(), {});
	t.deepEqual(parts.memory.credentials(), { certificates: [], secrets: [] });
});

test("of what runs, only what the newest target names in the same words can be renewed; the rest is told", async (t) => {
	const { apply, pass, by, credentials } = setUp(t);
	await apply(TARGET);
	pass((LIFE * 2) / 3);
	const half = accepted(2, { certificates: [request("one"), request("kubelet", "other")] });
	await credentials.renew(TARGET.target, half.target);
	t.deepEqual(
		by.orders.at(-1)?.certificates.map(({ name }) => name),
		["one"],
	);
	await t.throwsAsync(
		credentials.renew(TARGET.target, accepted(3, { certificates: [request("kubelet", "other")] }).target),
		{
			message: /generation 1 runs, and the newest, 3, names none of kubelet/,
		},
	);
	t.is(by.orders.length, 2);
});

test("a running target is taken up without anybody to ask, and what was changed by hand is put right", async (t) => {
	const { apply, root, by, files } = setUp(t);
	await apply(TARGET);
	const before = files();
	by.answer = () => {
		throw new LinkError("nobody is there");
	};
	writeFileSync(join(root, "etc/kubernetes/pki/one.key"), "damaged");
	const next = setUp(t, root, by);
	const keeper = createTargetKeeper({ ...next.parts, random: () => 0, machineId: () => MACHINE, changed: () => {} });
	t.teardown(() => keeper.stop());
	await keeper.start();
	t.is(keeper.running()?.target.generation, 1);
	t.deepEqual(next.files(), before);
	t.is(by.orders.length, 1);
});

test("certificates that the agent forgot stay where they are until they can be had again", async (t) => {
	const { apply, root, by, files, parts } = setUp(t);
	await apply(TARGET);
	const before = files();
	parts.memory.saveCredentials({ certificates: [], secrets: [] });
	const next = setUp(t, root, by);
	await keep(next.parts, TARGET, new AbortController().signal);
	t.deepEqual(next.files(), before);
	t.true(next.credentials.renewalAt(TARGET.target.content) <= next.parts.clock.sinceBoot());
});

test("a reset takes keys, certificates and secrets away, also from the agent's memory", async (t) => {
	const { apply, parts, files } = setUp(t);
	await apply(TARGET);
	const keeper = createTargetKeeper({ ...parts, random: () => 0, machineId: () => MACHINE, changed: () => {} });
	t.teardown(() => keeper.stop());
	await keeper.start();
	await keeper.reset();
	await eventually("everything is gone", () => Object.keys(files()).length === 0);
	t.deepEqual(parts.memory.credentials(), { certificates: [], secrets: [] });
});
