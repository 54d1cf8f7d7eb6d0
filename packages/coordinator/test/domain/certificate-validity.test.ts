import { Digest, type IssuedCertificate, type MachineId } from "@rollcall/protocol";
import test from "ava";
import { summaryOf } from "../../src/domain/observed.ts";
import { ClockStory } from "./clock-story.ts";
import { renderForTests, START } from "./story.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function issued(name: string, from: number, to: number): IssuedCertificate {
	const authority = Digest.parse(`sha256:${"a".repeat(64)}`);
	return { name, signer: "cluster", authority, serial: "aa", subject: `CN=${name}`, notBefore: from, notAfter: to };
}

/** A worker that runs, with these certificates. */
function running(...certificates: IssuedCertificate[]) {
	const story = new ClockStory();
	story.summarize = (...about) => ({
		...summaryOf(renderForTests(...about)),
		...({ certificates: ["kubelet", "proxy"] } as object),
	});
	story.declare([{ name: "w", role: "worker", count: "rest" }]);
	const id = story.join({ name: "a" });
	certify(story, id, certificates);
	story.report(id, "applied", 1);
	return { story, id };
}

function certify(story: ClockStory, machineId: MachineId, certificates: IssuedCertificate[]): void {
	const { bootId, generation, target } = story.machine(machineId);
	const digest = target?.digest as Digest;
	story.take({ kind: "certify", machineId, bootId, generation, digest, certificates });
	story.pass(1);
}

for (const [words, ownOff, validity, text] of [
	["have expired", 21 * DAY, "expired", /kubelet, proxy have expired by the coordinator's clock/],
	["are not valid yet", -21 * DAY, "not-yet-valid", /kubelet, proxy are not valid yet by the coordinator's clock/],
] as const)
	test(`a machine whose certificates ${words} by the coordinator's clock is degraded and told, until it has new ones`, (t) => {
		const both = (at: number) => [issued("kubelet", at - HOUR, at + 7 * DAY), issued("proxy", at - HOUR, at + 7 * DAY)];
		const { story, id } = running(...both(START));
		t.is(story.view(id).phase, "ready");
		story.ownOff = ownOff;
		story.pass(300);
		t.is(story.view(id).phase, "degraded");
		t.regex(story.view(id).reason, text);
		t.is(story.all("certificate-validity-changed").length, 1);
		t.like(story.all("certificate-validity-changed")[0], { machineId: id, validity, names: ["kubelet", "proxy"] });
		certify(story, id, both(story.at + ownOff));
		t.is(story.view(id).phase, "ready");
		t.like(story.all("certificate-validity-changed").at(-1), { validity: "valid", names: [] });
		t.is(story.machine(id).generation, 1);
	});

test("certificates of an earlier target, which nothing uses any more, make nobody degraded when they end", (t) => {
	const { story, id } = running(
		issued("kubelet", START - HOUR, START + 9 * DAY),
		issued("old", START - HOUR, START + HOUR),
	);
	story.ownOff = 2 * DAY;
	story.pass(10);
	t.is(story.view(id).phase, "ready");
	t.deepEqual(story.all("certificate-validity-changed"), []);
});

test("a lost machine is judged when it is back, and another boot is not judged by what the one before had", (t) => {
	const { story, id } = running(issued("kubelet", START - HOUR, START + HOUR));
	story.silent.add(id);
	story.pass(20);
	story.ownOff = 2 * DAY;
	story.pass(20);
	t.deepEqual(story.all("certificate-validity-changed"), []);
	story.silent.delete(id);
	story.pass(3);
	t.is(story.view(id).phase, "degraded");
	story.join({ name: "a", boot: 2 });
	story.report(id, "applied", 1);
	story.pass(3);
	t.is(story.view(id).phase, "ready");
});
