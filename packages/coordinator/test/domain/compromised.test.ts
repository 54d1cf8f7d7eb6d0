import type { IssuedCertificate, MachineId, Trust } from "@rollcall/protocol";
import fc from "@rollcall/test-support/properties";
import test from "ava";
import { dueSteps, exposedKinds, exposureOf, heldKeys } from "../../src/domain/certificates/exposure.ts";
import { encryptionKeys, ROTATED, rotated } from "../../src/domain/certificates/rotation.ts";
import type { Fleet } from "../../src/domain/fleet.ts";
import { bootIdOf } from "./hardware.ts";
import { codeOf, Story } from "./story.ts";
import { trustFrom } from "./trust-from.ts";

const SLOTS = [
	{ name: "cp", role: "control-plane", count: 1 },
	{ name: "w", role: "worker", count: 1 },
];

/** A control plane, a worker and a spare; the first two hold certificates of the fleet's authorities. */
function begin() {
	const story = new Story();
	const trust = trustFrom(0);
	story.record([{ type: "trust-changed", trust, reason: "the fleet's own keys" }]);
	story.declare(SLOTS);
	const [cp, worker, spare] = ["a", "b", "c"].map((name) => story.join({ name })) as [MachineId, MachineId, MachineId];
	const certified = (machineId: MachineId, name: string, signer: "cluster" | "etcd", notAfter = story.at + 9e9) => {
		const { bootId, generation } = story.machine(machineId);
		const authority = trust.authorities[signer].signing;
		const issued: IssuedCertificate = {
			name,
			signer,
			authority,
			serial: "0a",
			subject: `CN=${name}`,
			notBefore: 0,
			notAfter,
		};
		story.record([{ type: "certificates-issued", machineId, bootId, generation, certificates: [issued] }]);
	};
	certified(cp, "apiserver", "cluster");
	certified(worker, "kubelet-client", "cluster");
	const say = (machineId: MachineId) =>
		story.take({ kind: "compromised", machineId, reason: "a pod broke out", by: "anna", acceptLoss: "control-plane" });
	return { story, trust, cp, worker, spare, say, certified };
}

test("a machine in other hands loses boot and seat, and no boot of it comes in until a person admits it", (t) => {
	const { story, worker, spare, say } = begin();
	const seat = story.machine(worker).seat;
	t.is(codeOf(say(worker)), "ok");
	const machine = story.machine(worker);
	t.like(machine, {
		approval: "rejected",
		seat: undefined,
		approvalReason: "in other hands, says anna: a pod broke out",
	});
	t.true(machine.fenced.includes(machine.bootId));
	t.like(story.machine(spare).seat, { slot: seat?.slot, seat: seat?.seat });
	t.is(codeOf(story.enroll({ name: "b" })), "machine-rejected");
	t.is(codeOf(story.hello(worker, { name: "b" })), "machine-rejected");
	t.is(codeOf(story.enroll({ name: "b", boot: 2 })), "machine-rejected");
	// Said again it changes nothing.
	const { seq } = story.fleet;
	t.is(codeOf(say(worker)), "ok");
	t.is(story.fleet.seq, seq);

	story.take({ kind: "approve", machineId: worker, by: "anna" });
	t.is(story.machine(worker).compromised, undefined);
	t.is(codeOf(story.enroll({ name: "b" })), "fenced");
	story.silent.add(worker);
	story.pass(12);
	t.is(codeOf(story.enroll({ name: "b", boot: 2 })), "enrolled");
	t.is(story.machine(worker).bootId, bootIdOf({ name: "b", boot: 2 }));
});

test("a boot that a person let in before it was known comes in no more, and silence brings nobody back to life", (t) => {
	const { story, worker, say } = begin();
	t.is(codeOf(story.enroll({ name: "b", boot: 2 })), "boot-waits");
	story.take({ kind: "approve", machineId: worker, bootId: bootIdOf({ name: "b", boot: 2 }), by: "anna" });
	say(worker);
	t.is(codeOf(story.enroll({ name: "b", boot: 2 })), "machine-rejected");
	story.silent.add(worker);
	story.pass(12);
	t.is(story.machine(worker).lease, "lost");
	story.silent.delete(worker);
	story.pass(5);
	t.is(story.machine(worker).lease, "lost");
});

test("one that is removed and comes back is still kept out", (t) => {
	const { story, worker, say } = begin();
	say(worker);
	story.take({ kind: "remove", machineId: worker, by: "anna" });
	story.enroll({ name: "b", boot: 2 });
	t.like(story.machine(worker), { approval: "rejected", approvalReason: "in other hands, says anna: a pod broke out" });
	t.is(codeOf(story.hello(worker, { name: "b", boot: 2 })), "machine-rejected");
	story.take({ kind: "approve", machineId: worker, by: "anna" });
	t.is(story.machine(worker).approval, "approved");
});

test("a worker's keys are the authorities of its certificates; a control plane's, also of before, are all that are shared", (t) => {
	const { story, trust, cp, worker, spare, certified } = begin();
	const held = (id: MachineId) => heldKeys(story.fleet, story.machine(id), story.at);
	t.deepEqual(held(worker), [trust.authorities.cluster.signing]);
	t.deepEqual(held(spare), []);
	certified(worker, "etcd-server", "etcd");
	certified(worker, "kubelet-client", "cluster", story.at);
	t.deepEqual(held(worker), [trust.authorities.etcd.signing]);
	const all = [
		...Object.values(trust.authorities).map(({ signing }) => signing),
		trust.serviceAccounts.signing,
		trust.encryption,
	].sort();
	t.deepEqual(held(cp).sort(), all);
	// Another boot, without a seat.
	story.take({ kind: "pin-role", machineId: cp, role: "worker", by: "anna", acceptLoss: "control-plane" });
	story.join({ name: "a", boot: 2 });
	t.deepEqual(held(cp).sort(), all);
	const exposure = exposureOf(story.fleet, story.machine(cp), { content: undefined, at: story.at });
	t.deepEqual(exposure.changes, [...ROTATED]);
	t.regex(exposure.couldRead.join("\n"), /all Secrets/);
});

test("what is left to people has the pods that ask the API and the kubeconfigs of before, where the authorities change, and neither where nothing does", (t) => {
	const { story, cp, worker, spare } = begin();
	const yours = (id: MachineId) =>
		exposureOf(story.fleet, story.machine(id), { content: undefined, at: story.at }).yours.join("\n");
	for (const id of [cp, worker]) {
		t.regex(yours(id), /start your own pods that ask the API anew, .*kubectl rollout restart/);
		t.regex(yours(id), /new kubeconfigs/);
	}
	t.notRegex(yours(spare), /pods|kubeconfig/);
});

test("from wherever keys stand, the steps that are due end with none left that was held, and touch nothing else", (t) => {
	const { story } = begin();
	const fresh = (round: number): Trust => trustFrom(1000 + round);
	const cases = fc.record({
		before: fc.array(fc.constantFrom(...ROTATED), { maxLength: 4 }),
		which: fc.array(fc.nat(20), { minLength: 1, maxLength: 6 }),
	});
	fc.assert(
		fc.property(cases, ({ before, which }) => {
			let trust = before.reduce((now, what, round) => rotated(now, what, fresh(round)), trustFrom(0));
			const keys = allKeys(trust);
			const exposed = which.map((index) => keys[index % keys.length] as (typeof keys)[number]);
			const fleet = (): Fleet => ({ ...story.fleet, trust: { trust, seq: 1, rewritten: trust.encryption }, exposed });
			const started = exposedKinds(fleet());
			const others = ROTATED.filter((what) => !started.includes(what));
			const untouched = (now: Trust) =>
				others.map((what) =>
					what === "authorities" ? now.authorities : what === "secrets" ? encryptionKeys(now) : now.serviceAccounts,
				);
			const was = JSON.stringify(untouched(trust));
			for (let round = 0; round < 7; round++)
				trust = dueSteps(fleet()).reduce((now, { what }) => rotated(now, what, fresh(100 + round)), trust);
			return exposedKinds(fleet()).length === 0 && JSON.stringify(untouched(trust)) === was;
		}),
		{ numRuns: 300 },
	);
	t.pass();
});

function allKeys({ authorities, serviceAccounts, ...rest }: Trust) {
	const certificates = Object.values(authorities).flatMap((one) => one.certificates);
	return [...certificates, ...serviceAccounts.keys]
		.map(({ fingerprint }) => fingerprint)
		.concat(encryptionKeys({ authorities, serviceAccounts, ...rest }));
}

test("a key that somebody else still needs waits: the key of Secrets goes when all were written anew", (t) => {
	const { story } = begin();
	const first = trustFrom(0);
	const next = [1, 2].reduce((trust) => rotated(trust, "secrets", trustFrom(5)), first);
	const at = (rewritten: string | undefined): Fleet => ({
		...story.fleet,
		trust: { trust: next, seq: 1, ...(rewritten === undefined ? {} : { rewritten: next.encryption }) },
		exposed: [first.encryption],
	});
	t.deepEqual(dueSteps(at(undefined)), []);
	t.deepEqual(dueSteps(at("yes")), [{ what: "secrets", step: "finish" }]);
});
