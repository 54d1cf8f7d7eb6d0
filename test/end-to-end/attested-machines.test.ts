import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { createUser } from "@nats-io/nkeys";
import { createEnroll, createTpm } from "@rollcall/agent/trials";
import { createAttester, readMakers } from "@rollcall/coordinator/trials";
import { type Attestation, BootId, UserPublicKey } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder, type Scope } from "@rollcall/test-support/own-folder";
import { debianPackages } from "@rollcall/test-support/part";
import { newOperator } from "../support/cli.ts";
import { asAdmin, startCoordinator } from "../support/coordinator.ts";
import { documentText, smallRole } from "../support/documents.ts";
import { newIncarnation } from "../support/incarnation.ts";
import { startMachine } from "../support/machine.ts";
import { SWTPM, startTpm } from "../support/swtpm.ts";
import { endorsementModulus, putCertificate, type TpmMaker, tpmMaker } from "../support/tpm-certificate.ts";

const testTpm = testNeeding(await debianPackages(SWTPM));

function fileWith(t: Scope, { authority }: TpmMaker): string {
	const file = join(ownFolder(t), "makers.pem");
	writeFileSync(file, authority);
	return file;
}

async function certifiedTpm(t: Scope, maker: TpmMaker): Promise<string> {
	const socket = await startTpm(t);
	await putCertificate(socket, await maker.certify(await endorsementModulus(socket)));
	return socket;
}

testTpm("a slot that demands attested is filled by a machine whose TPM is known, and not by one without", async (t) => {
	const maker = await tpmMaker("a maker");
	const slots = [{ name: "guarded", role: "small", count: "rest", selector: { rehearsal: true }, grade: "attested" }];
	const document = documentText({
		slots,
		roles: { small: smallRole("x") },
		rules: [{ name: "our-room", selector: { labels: { room: "ours" } } }],
	});
	const coordinator = await startCoordinator(t, { document, tpm: { authorities: fileWith(t, maker) } });
	const socket = await certifiedTpm(t, maker);
	const token = () => coordinator.enrollToken({ labels: { room: "ours" } });
	const plain = await startMachine(t, coordinator, { name: "without-tpm", token: await token() });
	const first = await startMachine(t, coordinator, { name: "with-tpm", tpm: socket, token: await token() });
	const bySerial = async () => new Map((await coordinator.machines()).map((machine) => [machine.tpm, machine]));
	const both = await eventually("both machines, without a seat", async () => {
		const found = await bySerial();
		const all = [...found.values()];
		return found.size === 2 && all.every(({ phase }) => phase === "idle") ? found : undefined;
	});
	for (const { reason } of both.values())
		t.regex(reason, /wants a machine that is attested, and this one is only claimed/);
	await first.bootAgain(coordinator);
	await plain.bootAgain(coordinator);
	const seated = await eventually(
		"the seat of the machine with the TPM",
		async () => {
			const all = await coordinator.machines();
			const found = all.find(({ tpm }) => tpm !== undefined);
			if (found?.phase === "ready" && all.every(({ lease }) => lease === "alive")) return found;
			throw new Error(all.map(({ machineId, phase, reason }) => `${machineId} ${phase}: ${reason}`).join("\n"));
		},
		90_000,
	);
	t.like(seated, { grade: "attested", slot: "guarded" });
	const other = (await bySerial()).get(undefined);
	t.is(other?.grade, "claimed");
	t.is(other?.slot, undefined);
	t.regex(JSON.stringify(await coordinator.events()), /"maker":"CN=a maker"/);

	const operator = newOperator(t);
	const shown = await operator.rollcall("show", seated.machineId, ...asAdmin(coordinator));
	t.regex(shown.stdout, /^ *trust +attested$/m);
	t.regex(shown.stdout, /^ *tpm +[0-9a-f]{16}, known before and proved by this boot$/m);
	const listed = await operator.rollcall("machines", "-o", "wide", ...asAdmin(coordinator));
	t.regex(listed.stdout, /TRUST[\s\S]* attested /);
});

testTpm("a TPM counts where a believed maker certified its very key, whatever the dates", async (t) => {
	const [maker, stranger] = [await tpmMaker("a maker"), await tpmMaker("a stranger")];
	const attester = createAttester(() => 1_000_000, await readMakers(fileWith(t, maker)));
	const by = { publicKey: UserPublicKey.parse(createUser().getPublicKey()), bootId: BootId.parse(randomUUID()) };
	const answerOf = async (socket: string): Promise<Attestation> => {
		const answer = await createTpm(socket).attest(async (ek, ak) => attester.challenge({ ...by, ek, ak }));
		if (!answer) throw new Error("the TPM answers nothing");
		return answer;
	};
	const certified = await answerOf(await certifiedTpm(t, maker));
	t.like(attester.judge(certified, by), { maker: "CN=a maker" });
	const without = await answerOf(await startTpm(t));
	t.is(without.certificate, undefined);
	t.is(attester.judge(without, by), undefined);
	t.is(attester.judge(await answerOf(await certifiedTpm(t, stranger)), by), undefined);
	// Another's certificate, and one that is cut off or changed anywhere.
	t.is(attester.judge({ ...without, certificate: certified.certificate }, by), undefined);
	const whole = Buffer.from(certified.certificate ?? "", "base64");
	for (let at = 0; at < whole.length; at++) {
		const changed = Buffer.from(whole);
		changed[at] = (changed[at] ?? 0) ^ 0x20;
		for (const bytes of [changed, whole.subarray(0, at)])
			t.is(attester.judge({ ...certified, certificate: bytes.toString("base64") }, by), undefined, `byte ${at}`);
	}
	const open = createAttester(() => 1_000_000);
	const any = await createTpm(await startTpm(t)).attest(async (ek, ak) => open.challenge({ ...by, ek, ak }));
	t.truthy(any && open.judge(any, by), "without makers any TPM counts");
	const notOne = join(ownFolder(t), "leaf.pem");
	writeFileSync(notOne, `-----BEGIN CERTIFICATE-----\n${whole.toString("base64")}\n-----END CERTIFICATE-----\n`);
	await t.throwsAsync(readMakers(notOne), { name: "ConfigError", message: /certificate 1 is of no authority/ });
});

testTpm(
	"an agent whose challenge is put off asks again when it is told to, and never enrolls without its TPM",
	async (t) => {
		const asked: string[] = [];
		const server = createServer((request, response) => {
			asked.push(request.url ?? "");
			request.resume();
			response.writeHead(503, { "content-type": "application/json", "retry-after": "7" });
			response.end(JSON.stringify({ code: "not-ready", message: "too much to do" }));
		});
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		t.teardown(() => server.close());
		const { port } = server.address() as { port: number };
		const { key, publicKey, facts } = newIncarnation();
		const enroll = createEnroll([`http://127.0.0.1:${port}`], { tpm: createTpm(await startTpm(t)) });
		const by = { seed: new TextDecoder().decode(key.getSeed()), signers: [] };
		const outcome = await enroll({ publicKey, facts } as never, by as never, new AbortController().signal);
		t.like(outcome, { ok: false, wait: "short", afterMs: 7_000 });
		t.deepEqual(asked, ["/v1/attest"]);
	},
);
