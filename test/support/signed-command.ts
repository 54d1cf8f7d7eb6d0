import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fromSeed } from "@nats-io/nkeys";
import { headers, type MsgHdrs } from "@nats-io/transport-node";
import { commandText, ORDER_HEADER, SIGNATURE_HEADER, sha256Hex } from "@rollcall/protocol";

/** Headers of commands as a coordinator with this data folder signs them. Numbers count up, unless `order` says which. */
export function commandSigner(dataFolder: string): (subject: string, payload: Uint8Array, order?: number) => MsgHdrs {
	const key = fromSeed(Buffer.from(readFileSync(join(dataFolder, "keys/assignments.nk"), "utf8").trim()));
	let last = Date.now() * 2;
	return (subject, payload, order) => {
		const number = order ?? ++last;
		const digest = sha256Hex(payload);
		const signed = headers();
		signed.set(ORDER_HEADER, String(number));
		signed.set(
			SIGNATURE_HEADER,
			Buffer.from(key.sign(Buffer.from(commandText(subject, number, digest)))).toString("base64"),
		);
		return signed;
	};
}
