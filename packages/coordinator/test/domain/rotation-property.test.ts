import { canonicalJson, type Digest, type MachineId, type Rotated, sha256Of, type Trust } from "@rollcall/protocol";
import fc from "@rollcall/test-support/properties";
import test from "ava";
import {
	behind,
	encryptionKeys,
	mustRewrite,
	nextStep,
	ROTATED,
	rotated,
} from "../../src/domain/certificates/rotation.ts";
import type { TargetSummary } from "../../src/domain/observed.ts";
import type { Hardware } from "./hardware.ts";
import { Story } from "./story.ts";

const NAMES = ["c0", "c1", "c2", "w0"] as const;
const slots = [
	{ name: "control", role: "control-plane", count: 3 },
	{ name: "workers", role: "worker", count: "rest" },
];

/** New keys, all of them, as a coordinator makes them. */
function freshTrust(round: number): Trust {
	const fresh = (text: string): Digest => sha256Of(`${text} ${round}`);
	const authority = (name: string) => ({
		signing: fresh(name),
		certificates: [{ fingerprint: fresh(name), pem: name, notAfter: 9e15 }],
	});
	return {
		authorities: { cluster: authority("cluster"), "front-proxy": authority("proxy"), etcd: authority("etcd") },
		serviceAccounts: { signing: fresh("sa"), keys: [{ fingerprint: fresh("sa"), pem: "sa" }] },
		encryption: fresh("encryption"),
	};
}

/** A fleet with the programs that run on its machines: what they believe is what they were started with, some time after a target came. */
class Model {
	readonly story = new Story();
	/** With what the programs of a machine run now. */
	readonly running = new Map<MachineId, Trust>();
	/** What they run with from then on: kubelet needs a while. */
	readonly soon = new Map<MachineId, { readonly trust: Trust; readonly at: number }>();
	readonly #trusts = new Map<Digest, Trust>();
	readonly #digests = new WeakMap<object, Digest>();
	/** The coordinator cannot reach the API. */
	away = false;
	readonly #hardware = new Map<string, Hardware>();
	/** Keys that Secrets are encrypted with in etcd. */
	stored = new Set<Digest>();
	/** What was wrong at any second. */
	readonly seen: string[] = [];
	sequence = 0;
	round = 0;

	constructor() {
		this.story.summarize = this.summarize;
		this.story.record([{ type: "trust-changed", trust: freshTrust(0), reason: "the fleet's own keys" }]);
		this.story.declare(slots);
		for (const name of NAMES) this.boot(name);
		for (const name of NAMES) this.apply(name, 0);
	}

	readonly summarize: TargetSummary = (fleet, _machine, seat) => {
		const trust = fleet.trust?.trust ?? freshTrust(0);
		const seen = seat.role === "control-plane" ? trust : trust.authorities;
		const known = this.#digests.get(seen) ?? sha256Of(canonicalJson(seen));
		this.#digests.set(seen, known);
		const digest = sha256Of(`${seat.nodeName} ${known}`);
		this.#trusts.set(digest, trust);
		return { ok: true, digest, deadlineSeconds: 600 };
	};

	id(name: string): MachineId {
		const found = [...this.story.fleet.machines.values()].find(({ facts }) => facts.hostname === name);
		if (!found) throw new Error(`no ${name}`);
		return found.machineId;
	}

	/** Whether the coordinator reaches the API. */
	reach(it: boolean): void {
		this.away = !it;
	}

	/** Its memory goes, and it comes back. */
	boot(name: string): void {
		const boot = (this.#hardware.get(name)?.boot ?? 0) + 1;
		const hardware = { name, boot, rehearsal: false, memoryGiB: 8 };
		this.#hardware.set(name, hardware);
		const id = this.story.join(hardware);
		this.story.silent.delete(id);
		this.running.delete(id);
		this.soon.delete(id);
	}

	/** Its agent applies the newest target; its programs follow within `lag` seconds. */
	apply(name: string, lag: number): void {
		const id = this.id(name);
		const { target, bootId } = this.story.machine(id);
		if (target?.bootId !== bootId || target.progress === "applied" || this.story.silent.has(id)) return;
		const trust = this.#trusts.get(target.digest);
		if (!trust) throw new Error("nobody rendered it");
		this.story.report(id, "applying", this.sequence++);
		this.story.report(id, "applied", this.sequence++);
		if (this.running.has(id)) this.soon.set(id, { trust, at: this.story.at + lag * 1000 });
		else this.running.set(id, trust);
	}

	pass(seconds: number): void {
		for (let second = 0; second < seconds; second++) {
			this.story.pass(1);
			for (const [id, { trust, at }] of this.soon) {
				if (at > this.story.at) continue;
				this.running.set(id, trust);
				this.soon.delete(id);
			}
			for (const trust of this.#controlPlanes()) this.stored.add(trust.encryption);
			this.#rewrite();
			this.seen.push(...this.wrong());
		}
	}

	/** As the API and the keeper of keys do it. */
	rotate(what: Rotated): void {
		const { story } = this;
		if (!story.fleet.trust || behind(story.fleet, this.summarize, story.at).length > 0) return;
		const { trust, seq } = story.fleet.trust;
		const fresh = nextStep(trust, what) === "prepare" ? freshTrust(++this.round) : trust;
		story.take({ kind: "change-trust", trust: rotated(trust, what, fresh), after: seq, reason: what });
	}

	/** As the keeper of the cluster does it: when all have followed, and all API servers run with the new key. */
	#rewrite(): void {
		const { fleet, at } = this.story;
		const key = fleet.trust?.trust.encryption;
		if (this.away || !key || !mustRewrite(fleet) || behind(fleet, this.summarize, at).length > 0) return;
		const all = this.#controlPlanes();
		if (all.length < 3 || all.some(({ encryption }) => encryption !== key)) return;
		this.stored = new Set([key]);
		this.story.take({ kind: "secrets-rewritten", key, secrets: 1 });
	}

	#controlPlanes(): Trust[] {
		return [...this.running].flatMap(([id, trust]) =>
			this.story.machine(id).seat?.role === "control-plane" ? [trust] : [],
		);
	}

	/** What is wrong now, in words. */
	wrong(): string[] {
		const found: string[] = [];
		for (const one of this.running.values()) {
			for (const other of this.running.values()) {
				const { certificates } = other.authorities.cluster;
				if (!certificates.some(({ fingerprint }) => fingerprint === one.authorities.cluster.signing))
					found.push("a certificate is shown to somebody who does not believe its authority");
			}
		}
		const controlPlanes = this.#controlPlanes();
		for (const one of controlPlanes) {
			for (const other of controlPlanes) {
				if (!other.serviceAccounts.keys.some(({ fingerprint }) => fingerprint === one.serviceAccounts.signing))
					found.push("an API server does not believe another one's tokens");
			}
			for (const key of this.stored) {
				if (!encryptionKeys(one).includes(key)) found.push("an API server cannot read a Secret");
			}
		}
		const since = this.story.fleet.trust?.seq ?? 0;
		const following = [...this.running.keys()].filter((id) => {
			const { seat, target } = this.story.machine(id);
			const moving = this.soon.has(id) || target?.progress !== "applied";
			return seat?.role === "control-plane" && (target?.seq ?? 0) > since && moving;
		});
		if (following.length > 1) found.push("two control planes follow a change at once");
		return found;
	}
}

type Step = readonly [string, (model: Model) => void];
const name = fc.constantFrom(...NAMES);
const step: fc.Arbitrary<Step> = fc.oneof(
	{
		weight: 12,
		arbitrary: fc.tuple(fc.constantFrom(...ROTATED, undefined), fc.nat(19), fc.nat(40)).map(
			([what, lag, last]): Step => [
				`${what ? `rotate ${what}, and ` : ""}time for all to follow, +${lag} s, ${last} s`,
				(model) => {
					if (what) model.rotate(what);
					for (let round = 0; round < 3; round++) {
						model.pass(round === 0 ? 0 : 26);
						for (const who of NAMES) model.apply(who, lag);
					}
					model.pass(last);
				},
			],
		),
	},
	{
		weight: 6,
		arbitrary: fc
			.tuple(name, fc.nat(19))
			.map(([who, lag]): Step => [`${who} applies +${lag} s`, (model) => model.apply(who, lag)]),
	},
	{
		weight: 5,
		arbitrary: fc.constantFrom(...ROTATED).map((what): Step => [`rotate ${what}`, (model) => model.rotate(what)]),
	},
	{
		weight: 6,
		arbitrary: fc.integer({ min: 1, max: 40 }).map((seconds): Step => [`${seconds} s`, (model) => model.pass(seconds)]),
	},
	{ weight: 1, arbitrary: name.map((who): Step => [`${who} boots`, (model) => model.boot(who)]) },
	{
		weight: 1,
		arbitrary: fc
			.boolean()
			.map((away): Step => [`the API is ${away ? "away" : "there"}`, (model) => model.reach(!away)]),
	},
	{
		weight: 1,
		arbitrary: name.map((who): Step => [`${who} is silent`, (model) => model.story.silent.add(model.id(who))]),
	},
	{
		weight: 3,
		arbitrary: name.map((who): Step => [`${who} speaks`, (model) => model.story.silent.delete(model.id(who))]),
	},
);

test("at no time is a key used that somebody does not believe, and control planes follow one at a time", (t) => {
	const done = new Map<string, number>();
	const property = fc.property(fc.array(step, { minLength: 12, maxLength: 30, size: "max" }), (steps) => {
		const model = new Model();
		for (const [words, take] of steps) {
			take(model);
			const wrong = [...model.seen, ...model.wrong()];
			if (wrong.length > 0) throw new Error(`after "${words}": ${wrong[0]}`);
		}
		for (const { reason } of model.story.all("trust-changed")) done.set(reason, (done.get(reason) ?? 0) + 1);
	});
	fc.assert(property, { numRuns: 100 });
	for (const what of ROTATED) t.true((done.get(what) ?? 0) > 50, `${what}: ${done.get(what)}`);
});

test("a rotation that is asked for again and again ends, with only new keys, one control plane after the other", (t) => {
	const model = new Model();
	model.pass(30);
	for (const what of ROTATED) {
		const before = model.story.fleet.trust?.trust;
		const turns: string[] = [];
		for (
			let second = 0;
			second < 900 && model.story.all("trust-changed").filter(({ reason }) => reason === what).length < 3;
			second++
		) {
			model.rotate(what);
			for (const who of NAMES) {
				const { target } = model.story.machine(model.id(who));
				if (target?.progress === "issued" && who !== "w0") turns.push(who);
				model.apply(who, 12);
			}
			model.pass(1);
			t.deepEqual(model.wrong(), []);
		}
		model.pass(120);
		for (const who of NAMES) model.apply(who, 0);
		const after = model.story.fleet.trust?.trust;
		t.is(after && nextStep(after, what), "prepare", what);
		t.notDeepEqual(after, before);
		t.true(turns.length >= 6, `${what}: ${turns.join(" ")}`);
	}
	t.deepEqual([...model.stored], [model.story.fleet.trust?.trust.encryption]);
	t.is(model.story.all("secrets-rewritten").length, 1);
});
