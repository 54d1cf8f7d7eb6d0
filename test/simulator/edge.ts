import {
	type Answer,
	answerCertify,
	answerHello,
	type ControlLoop,
	type Credentials,
	type createClock,
	type Input,
	type Pki,
	type RememberedTargets,
} from "@rollcall/coordinator/simulator";
import { type EnrollClaim, type Problem, sha256Of } from "@rollcall/protocol";
import { certificateText } from "./machine/keys.ts";
import type { Reply, Said } from "./messages.ts";
import type { Random } from "./random.ts";

/** What one life of a coordinator answers with. `took`: this became of an input. */
export interface EdgeParts {
	readonly core: ControlLoop;
	readonly credentials: Credentials;
	readonly clock: ReturnType<typeof createClock>;
	readonly targets: RememberedTargets;
	readonly random: Random;
	/** Life of a certificate. */
	readonly certificateSeconds: number;
	readonly took: (input: Input, answer: Answer) => void;
}

/** What the edges of a coordinator make of a message, and of the core's answer: random parts and the verdict on signatures are made here. */
export async function answerSaid(said: Said, parts: EdgeParts): Promise<Reply | undefined> {
	const { core, credentials } = parts;
	const submit = async (input: Input): Promise<Answer> => {
		const answer = await core.submit(input);
		parts.took(input, answer);
		return answer;
	};
	switch (said.kind) {
		case "token":
			return answerToken(said, parts);
		case "enroll": {
			const answer = await submit(enrollInput(said.claim, parts));
			if (answer.kind === "fenced")
				return { kind: "problem", problem: { code: "incarnation-fenced", message: answer.reason } };
			if (answer.kind !== "enrolled") return refusalOf(answer);
			const { machineId, bootId, publicKey } = answer;
			const { jwt, expiresInSeconds } = await credentials.issue(machineId, bootId, publicKey);
			const { servers, signers } = credentials;
			const reply = { machineId, jwt, servers: [...servers], signers: [...signers], expiresInSeconds };
			return { kind: "enrolled", reply: { ...reply, signature: credentials.signText("") } };
		}
		case "hello": {
			const { machineId, hello } = said;
			const proofValid = hello.proof !== undefined && credentials.verify(hello.proof);
			const answer = await submit({ kind: "hello", machineId, hello, proofValid });
			return answerHello({ machineId, hello, answer }, { fleet: core.fleet(), targets: parts.targets, credentials });
		}
		case "report": {
			const answer = await submit({ kind: "report", machineId: said.machineId, report: said.report });
			return answer.kind === "ok" ? { kind: "ok" } : refusalOf(answer);
		}
		case "bye": {
			const answer = await submit({ kind: "bye", machineId: said.machineId, bootId: said.bye.bootId });
			return answer.kind === "ok" ? { kind: "ok" } : refusalOf(answer);
		}
		case "certify":
			return answerCertify(said, {
				core,
				render: parts.targets.render,
				pki: simulatedPki(parts),
				accounts: { place: () => "", authorization: async () => undefined },
				verify: (publicKey, _text, signature) => publicKey === signature,
				lifeSeconds: parts.certificateSeconds,
			});
	}
}

/** A claim as an input of the core. */
function enrollInput(
	{ token, ...request }: EnrollClaim,
	{ credentials, clock }: Pick<EdgeParts, "credentials" | "clock">,
): Input {
	return {
		kind: "enroll",
		request,
		...(token === undefined ? {} : { tokenHash: sha256Of(token) }),
		proofValid: request.proof !== undefined && credentials.verify(request.proof),
		remote: "127.0.0.1",
		...(request.wall === undefined ? {} : { clockOffMs: request.wall - clock.wall() }),
	};
}

async function answerToken(
	{ labels, mac }: Extract<Said, { kind: "token" }>,
	{ core, clock, random }: EdgeParts,
): Promise<Reply> {
	const token = random.hex(32);
	const hash = sha256Of(token);
	const bound = mac !== undefined && random.chance(0.3) ? { mac } : {};
	const answer = await core.submit({
		kind: "create-token",
		tokenId: `t-${hash.slice(7, 19)}`,
		hash,
		scope: "enroll",
		expiresAt: clock.now() + 600_000,
		labels,
		by: "boot",
		...bound,
	});
	return answer.kind === "ok" ? { kind: "token", token } : refusalOf(answer);
}

function refusalOf(answer: Answer): Reply {
	if (answer.kind === "fenced") return { kind: "fenced", reason: answer.reason };
	const internal: Problem = { code: "internal", message: `the answer is ${answer.kind}` };
	return { kind: "problem", problem: answer.kind === "problem" ? answer.problem : internal };
}

function simulatedPki({ clock, random }: EdgeParts): Pki {
	const unused = async (): Promise<never> => {
		throw new Error("not simulated");
	};
	return {
		trust: unused,
		freshTrust: unused,
		missing: unused,
		keep: unused,
		seal: unused,
		sealText: unused,
		certify: async (_trust, { name, request, authority, subject, lifeSeconds }) => {
			const notBefore = Math.max(0, clock.wall() - 1_000);
			const notAfter = notBefore + 1_000 + lifeSeconds * 1_000;
			const serial = random.hex(8);
			return {
				pem: certificateText({ name, key: request, authority, notBefore, notAfter }),
				issued: { name, signer: subject.signer, authority, serial, subject: subject.commonName, notBefore, notAfter },
				expiresInSeconds: lifeSeconds,
			};
		},
	};
}
