import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Attestation, AttestReply } from "@rollcall/protocol";
import type { Tpm } from "../../ports/enrollment.ts";
import { type Answer, readAnswer, splitSized, wantsAgain } from "./answer.ts";
import { endorsementCertificate } from "./certificate.ts";
import {
	activateCredential,
	type Command,
	createAttestationKey,
	createEndorsementKey,
	flushContext,
	policySecret,
	quote,
	startPolicySession,
} from "./codes.ts";
import { openTpm, type TpmDevice } from "./device.ts";

/** The TPM behind a device or socket. Its keys are made for one attestation and forgotten. */
export function createTpm(path: string): Tpm {
	return {
		async attest(ask) {
			const device = await openTpm(path);
			if (!device) return undefined;
			const loaded: number[] = [];
			const run = async (command: Command): Promise<Answer> => {
				const answer = readAnswer(await sendUntilDone(device, command), command);
				if (command.givesHandle) loaded.push(answer.handle);
				return answer;
			};
			try {
				return await answerChallenge(run, ask);
			} finally {
				await forget(device, loaded);
			}
		},
	};
}

/** A TPM that is busy may want a command again; it waits a little longer each time. */
const MOST_TRIES = 20;
const WAIT_MS = 20;

async function sendUntilDone(device: TpmDevice, { bytes }: Command): Promise<Buffer> {
	for (let tries = 1; ; tries++) {
		const answer = await device.send(bytes);
		if (!wantsAgain(answer) || tries === MOST_TRIES) return answer;
		await delay(WAIT_MS * tries);
	}
}

async function answerChallenge(
	run: (command: Command) => Promise<Answer>,
	ask: (ek: string, ak: string) => Promise<AttestReply | undefined>,
): Promise<Attestation | undefined> {
	const ek = await run(createEndorsementKey());
	const ak = await run(createAttestationKey());
	const areaOf = ({ parameters }: Answer): string => splitSized(parameters).first.toString("base64");
	const keys = { ek: areaOf(ek), ak: areaOf(ak) };
	const challenge = await ask(keys.ek, keys.ak);
	if (!challenge) return undefined;
	const certificate = await endorsementCertificate(run);
	const { handle: session } = await run(startPolicySession(randomBytes(16)));
	await run(policySecret(session));
	const [credential, secret, nonce] = [challenge.credential, challenge.secret, challenge.nonce].map((text) =>
		Buffer.from(text, "base64"),
	) as [Buffer, Buffer, Buffer];
	const opened = await run(activateCredential({ ak: ak.handle, ek: ek.handle, session }, [credential, secret]));
	const quoted = splitSized((await run(quote(ak.handle, nonce))).parameters);
	return {
		...keys,
		...(certificate === undefined ? {} : { certificate }),
		expires: challenge.expires,
		activated: areaOf(opened),
		quote: quoted.first.toString("base64"),
		signature: quoted.rest.toString("base64"),
	};
}

/** A resource manager does so by itself; a TPM without one has room for three keys. */
async function forget(device: TpmDevice, handles: readonly number[]): Promise<void> {
	for (const handle of handles) await device.send(flushContext(handle).bytes).catch(() => undefined);
	await device.close();
}
