import { createHash } from "node:crypto";
import type { Msg, MsgHdrs } from "@nats-io/nats-core";
import {
	type Assignment,
	answerText,
	assignmentText,
	commandText,
	ORDER_HEADER,
	SIGNATURE_HEADER,
} from "@rollcall/protocol";
import test from "ava";
import { acceptedRefusal, createOrderCheck, isAnswerSigned } from "../src/adapters/nats/signatures.ts";
import { createUserKey, signWithSeed } from "../src/adapters/user-key.ts";
import { accepted, BOOT, MACHINE, PUBLIC_KEY } from "./support/targets.ts";

const [FLEET, STRANGER] = [createUserKey(), createUserKey()];
const SIGNERS = [FLEET.publicKey];
const INBOX = "_INBOX_rollcall.m-1.abc.1";
const digestOf = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");

/** A message as the client hands it over. */
function messageOf(subject: string, text: string, header: Record<string, string> = {}): Msg {
	const headers = { get: (name: string) => header[name] ?? "" } as MsgHdrs;
	return { subject, data: Buffer.from(text), headers } as unknown as Msg;
}

function answer(text: string, { seed = FLEET.seed, inbox = INBOX, signed = text } = {}): Msg {
	const signature = signWithSeed(seed, answerText(inbox, digestOf(Buffer.from(signed))));
	return messageOf(INBOX, text, { [SIGNATURE_HEADER]: signature });
}

test("an answer counts when the fleet signed it for this very question", (t) => {
	t.true(isAnswerSigned(answer("yes"), SIGNERS));
	t.true(isAnswerSigned(answer("yes"), [STRANGER.publicKey, FLEET.publicKey]));
	for (const wrong of [
		messageOf(INBOX, "yes"),
		messageOf(INBOX, "yes", { [SIGNATURE_HEADER]: "AA==" }),
		answer("yes", { seed: STRANGER.seed }),
		answer("yes", { inbox: "_INBOX_rollcall.m-1.abc.2" }),
		answer("yes", { signed: "no" }),
	])
		t.false(isAnswerSigned(wrong, SIGNERS));
});

test("a target counts when the fleet assigned it to this boot, with this generation and digest", (t) => {
	const { target, proof } = accepted(3, {});
	const boot = { machineId: MACHINE, bootId: BOOT, publicKey: PUBLIC_KEY, signers: SIGNERS };
	const signed = (change: Partial<Assignment> = {}, seed = FLEET.seed) => {
		const assignment = { ...proof.assignment, ...change };
		const signature = signWithSeed(seed, assignmentText(assignment));
		return { kind: "target", target, proof: { assignment, signer: "", signature } } as const;
	};
	t.is(acceptedRefusal(signed(), boot), undefined);
	t.regex(
		acceptedRefusal({ kind: "target", target, proof: { ...proof, signature: "AA==" } }, boot) ?? "",
		/not signed/,
	);
	t.regex(acceptedRefusal(signed({}, STRANGER.seed), boot) ?? "", /not signed/);
	t.regex(acceptedRefusal(signed({ machineId: "m-2" as never }), boot) ?? "", /machine m-2/);
	t.regex(
		acceptedRefusal(signed({ bootId: "0b0a7e1c-1111-4222-8333-444455557777" as never }), boot) ?? "",
		/signed for boot/,
	);
	t.regex(acceptedRefusal(signed({ generation: 2 }), boot) ?? "", /not the one that was signed/);
	t.regex(acceptedRefusal(signed({ digest: `sha256:${"0".repeat(64)}` as never }), boot) ?? "", /not the one/);
});

test("commands count once, in the order of their numbers, and only the fleet's", (t) => {
	const subject = "rollcall.v1.down.m-1.command";
	const command = (order: number, seed = FLEET.seed) =>
		messageOf(subject, "{}", {
			[ORDER_HEADER]: String(order),
			[SIGNATURE_HEADER]: signWithSeed(seed, commandText(subject, order, digestOf(Buffer.from("{}")))),
		});
	const check = createOrderCheck(() => SIGNERS);
	t.is(check.refusal(command(5)), undefined);
	t.like(check.refusal(command(5)), { problem: { code: "conflict" }, highest: 5 });
	t.like(check.refusal(command(4)), { problem: { code: "conflict" }, highest: 5 });
	t.like(check.refusal(command(9, STRANGER.seed)), { problem: { code: "unauthorized" } });
	t.like(check.refusal(messageOf(subject, "{}")), { problem: { code: "unauthorized" } });
	t.is(check.refusal(command(6)), undefined);
});
