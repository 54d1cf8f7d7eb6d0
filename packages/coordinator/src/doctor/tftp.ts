import { createSocket } from "node:dgram";

const ANSWER_WITHIN_MS = 3_000;
const AGAIN_AFTER_MS = 1_000;
const [READ, DATA, ERROR] = [1, 3, 5];

/** Why a file cannot be had by TFTP (RFC 1350); undefined where its first block comes. Asks for three seconds. */
export function tftpFault(server: string, file: string): Promise<string | undefined> {
	const request = Buffer.concat([Buffer.from([0, READ]), Buffer.from(`${file}\0octet\0`, "latin1")]);
	return new Promise((resolve) => {
		const socket = createSocket("udp4");
		const end = (fault: string | undefined): void => {
			clearInterval(again);
			clearTimeout(late);
			socket.close();
			resolve(fault);
		};
		const send = (): void => socket.send(request, 69, server, () => undefined);
		const again = setInterval(send, AGAIN_AFTER_MS);
		const late = setTimeout(() => end("no answer by TFTP"), ANSWER_WITHIN_MS);
		socket.on("error", (error) => end(error.message));
		socket.on("message", (bytes, { port }) => {
			if (bytes[1] === ERROR)
				return end(`it says "${bytes.subarray(4, 260).toString("latin1").replace(/\0.*$/s, "")}"`);
			if (bytes[1] !== DATA) return;
			// One block is enough: an error ends the transfer on the other side (7 of RFC 1350 is "no such user", 0 is "not defined").
			socket.send(Buffer.from([0, ERROR, 0, 0, 0]), port, server, () => end(undefined));
		});
		send();
	});
}
