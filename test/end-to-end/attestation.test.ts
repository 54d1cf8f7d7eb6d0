import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { createUser } from "@nats-io/nkeys";
import { createTpm } from "@rollcall/agent/trials";
import { createAttester } from "@rollcall/coordinator/trials";
import {
	type Attestation,
	AttestReply,
	type AttestRequest,
	BootId,
	EnrollReply,
	Problem,
	TPM_TEMPLATES,
	UserPublicKey,
} from "@rollcall/protocol";
import { testNeeding } from "@rollcall/test-support/needing";
import { debianPackages } from "@rollcall/test-support/part";
import { askFrom } from "../support/ask-from.ts";
import { startCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { type Incarnation, newIncarnation } from "../support/incarnation.ts";
import { signedEnrollment } from "../support/signed-enrollment.ts";
import { SWTPM, startTpm } from "../support/swtpm.ts";

const testTpm = testNeeding(await debianPackages(SWTPM));

type Boot = Pick<AttestRequest, "publicKey" | "bootId">;
const newBoot = (): Boot => ({
	publicKey: UserPublicKey.parse(createUser().getPublicKey()),
	bootId: BootId.parse(randomUUID()),
});

async function post(coordinator: TestCoordinator, path: string, body: unknown) {
	const headers = { "content-type": "application/json" };
	const asked = { method: "POST", path, headers, body: JSON.stringify(body), from: "127.0.0.1" };
	const { status, text } = await askFrom(coordinator.url, asked);
	return { status, value: JSON.parse(text) as unknown };
}

/** Enrolls a boot as an agent does, with what the TPM at this socket answers. */
async function enroll(
	coordinator: TestCoordinator,
	{ key, publicKey, facts }: Incarnation,
	socket: string | undefined,
) {
	const attestation =
		socket === undefined
			? undefined
			: await createTpm(socket).attest(async (ek, ak) => {
					const { value } = await post(coordinator, "/v1/attest", { publicKey, bootId: facts.bootId, ek, ak });
					return AttestReply.parse(value);
				});
	const claim = { publicKey, facts, token: await coordinator.enrollToken(), ...(attestation ? { attestation } : {}) };
	const { status, value } = await post(coordinator, "/v1/enroll", signedEnrollment(claim, key));
	return status === 200 ? EnrollReply.parse(value) : Problem.parse(value);
}

testTpm(
	"a boot whose TPM is the one of the boot before is attested, and one without it, or with another, waits for a person",
	async (t) => {
		const coordinator = await startCoordinator(t);
		const [own, other] = [await startTpm(t), await startTpm(t)];
		const first = newIncarnation();
		const boot = (): Incarnation => {
			const next = newIncarnation();
			return { ...next, facts: { ...first.facts, bootId: next.facts.bootId } };
		};
		const joined = await enroll(coordinator, first, own);
		t.true("jwt" in joined, JSON.stringify(joined));
		const { machineId } = joined as EnrollReply;
		t.is((await coordinator.machine(machineId)).machine.grade, "claimed", "nothing was known to compare with");

		const stranger = boot();
		t.regex(
			((await enroll(coordinator, stranger, other)) as Problem).message,
			/waits: its TPM is [0-9a-f]{16}, not the machine's/,
		);
		t.regex(
			((await enroll(coordinator, boot(), undefined)) as Problem).message,
			/waits: its TPM proved nothing, and the machine has one/,
		);

		const second = boot();
		t.regex(((await enroll(coordinator, second, own)) as Problem).message, /is alive/);
		await coordinator.call("POST", `/v1/machines/${machineId}/approve`, { bootId: second.facts.bootId });
		const back = await enroll(coordinator, second, own);
		t.true("jwt" in back, JSON.stringify(back));
		t.is((await coordinator.machine(machineId)).machine.grade, "attested");
		const [, enrolled] = (await coordinator.events()).filter(({ type }) => type === "machine-enrolled");
		t.like(enrolled, { grade: "attested" });
		t.regex(JSON.stringify(enrolled), /"tpm":\{"ek":"[0-9a-f]{64}","pcrs":"[0-9a-f]{64}"\}/);
	},
);

testTpm(
	"an answer is good for the boot and key that were challenged, within its time, and for its own nonce",
	async (t) => {
		const time = { now: 1_000_000 };
		const attester = createAttester(() => time.now);
		const tpm = createTpm(await startTpm(t));
		const [by, thief] = [newBoot(), newBoot()];
		const answer = await tpm.attest(async (ek, ak) => attester.challenge({ ...by, ek, ak }));
		time.now += 1_000;
		const again = await tpm.attest(async (ek, ak) => attester.challenge({ ...by, ek, ak }));
		if (!answer || !again) throw new Error("the TPM answers nothing");
		const { ek } = attester.judge(answer, by) ?? {};
		t.is(attester.judge(again, by)?.ek, ek, "the endorsement key is always the same");
		for (const [what, forged, boot, words] of [
			["of another key", answer, { ...by, publicKey: thief.publicKey }, /not what this boot was challenged with/],
			["of another boot", answer, { ...by, bootId: thief.bootId }, /not what this boot was challenged with/],
			["with another end", { ...answer, expires: answer.expires - 1 }, by, /not what this boot was challenged with/],
			[
				"with a quote of before",
				{ ...again, quote: answer.quote, signature: answer.signature },
				by,
				/over another nonce/,
			],
			["with the signature of another quote", { ...answer, signature: again.signature }, by, /not signed by/],
		] as const)
			t.throws(() => attester.judge(forged, boot), { name: "AttestationRefused", message: words }, what);
		const elsewhere = createAttester(() => time.now);
		t.throws(() => elsewhere.judge(answer, by), { message: /not what this boot was challenged with/ });
		const otherNonce = await tpm.attest(async (ek, ak) => ({
			...attester.challenge({ ...by, ek, ak }),
			nonce: Buffer.alloc(32).toString("base64"),
		}));
		t.throws(() => attester.judge(otherNonce as Attestation, by), { message: /over another nonce/ });
		time.now += 119_000;
		t.throws(() => attester.judge(answer, by), { message: /the challenge is over/ });
	},
);

testTpm("nobody opens a challenge for another's endorsement key, or for a key that is not in the TPM", async (t) => {
	const attester = createAttester(() => 1_000_000);
	const [own, victim] = [createTpm(await startTpm(t)), createTpm(await startTpm(t))];
	const by = newBoot();
	let known = "";
	await victim.attest(async (ek) => {
		known = ek;
		return undefined;
	});
	await t.throwsAsync(
		own.attest(async (_ek, ak) => attester.challenge({ ...by, ek: known, ak })),
		{ name: "TpmError", message: /refused with 0x(?!9)/ },
	);
	const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
	const { x = "", y = "" } = publicKey.export({ format: "jwk" });
	const sized = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([0, bytes.length]), bytes]);
	const point = [x, y].map((part) => sized(Buffer.from(part, "base64url")));
	const software = Buffer.concat([Buffer.from(TPM_TEMPLATES.ak, "hex"), ...point]).toString("base64");
	await t.throwsAsync(
		own.attest(async (ek) => attester.challenge({ ...by, ek, ak: software })),
		{ name: "TpmError", message: /refused with 0x(?!9)/ },
	);
	const real = await own.attest(async (ek, ak) => attester.challenge({ ...by, ek, ak }));
	if (!real) throw new Error("the TPM answers nothing");
	const bytes = sign("sha256", Buffer.from(real.quote, "base64"), { key: privateKey, dsaEncoding: "ieee-p1363" });
	const parts = [sized(bytes.subarray(0, 32)), sized(bytes.subarray(32))];
	const signature = Buffer.concat([Buffer.from("0018000b", "hex"), ...parts]).toString("base64");
	t.throws(() => attester.judge({ ...real, signature }, by), { message: /not signed by the attestation key/ });

	// Without fixedTPM, without restricted, and of another kind.
	for (const attributes of ["00050070", "00040072"]) {
		const ak = Buffer.from(Buffer.from(real.ak, "base64").toString("hex").replace("00050072", attributes), "hex");
		t.throws(() => attester.challenge({ ...by, ek: real.ek, ak: ak.toString("base64") }), {
			message: /no restricted signing key/,
		});
	}
	for (const [field, words] of [
		["ek", /no endorsement key/],
		["ak", /no restricted signing key/],
		["activated", /not what this boot/],
		["quote", /none of the registers/],
		["signature", /not signed by/],
	] as const) {
		const whole = Buffer.from(real[field], "base64");
		for (let length = 0; length < whole.length; length++) {
			const cut = { ...real, [field]: whole.subarray(0, length).toString("base64") };
			t.throws(
				() => attester.judge(cut, by),
				{ name: "AttestationRefused", message: words },
				`${field}, ${length} bytes`,
			);
		}
	}
});
