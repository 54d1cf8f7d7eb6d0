import { TPM_PCRS, TPM_TEMPLATES } from "@rollcall/protocol";

/** Commands that are used, as TPM_CC; TCG TPM 2.0 Library, Part 2, 6.5.2. */
const COMMAND = {
	createPrimary: 0x131,
	activateCredential: 0x147,
	nvRead: 0x14e,
	policySecret: 0x151,
	quote: 0x158,
	flushContext: 0x165,
	nvReadPublic: 0x169,
	startAuthSession: 0x176,
} as const;

/** TPM_ST_NO_SESSIONS and TPM_ST_SESSIONS. */
const [NO_SESSIONS, SESSIONS] = [0x8001, 0x8002];
/** TPM_RH_NULL, TPM_RH_ENDORSEMENT, and TPM_RS_PW: a session that is a password, which is empty here. */
const [NULL, ENDORSEMENT, PASSWORD] = [0x40000007, 0x4000000b, 0x40000009];

/** The NV index of the certificate for the endorsement key by template L-1; TCG EK Credential Profile 2.5, 2.2.1.4. */
const CERTIFICATE_INDEX = 0x01c00002;

/** A whole command, and what its answer has. */
export interface Command {
	readonly bytes: Buffer;
	/** True where the answer begins with a handle. */
	readonly givesHandle: boolean;
	/** True where the answer says the size of its parameters, since sessions follow them. */
	readonly hasSessions: boolean;
}

const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
const u32 = (value: number): Buffer => {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32BE(value);
	return bytes;
};
/** A TPM2B. */
const sized = (bytes: Buffer): Buffer => Buffer.concat([u16(bytes.length), bytes]);
const hex = (text: string): Buffer => Buffer.from(text, "hex");

interface Parts {
	readonly handles: readonly number[];
	readonly sessions: readonly number[];
	readonly parameters: readonly Buffer[];
}

/** A command of Part 1, 18: header, handles, sessions with their size, parameters. */
function command(code: number, { handles, sessions, parameters }: Parts): Command {
	// TPMS_AUTH_COMMAND: the session, no nonce, no attribute (a session ends with its use), no HMAC.
	const area = Buffer.concat(sessions.map((one) => Buffer.concat([u32(one), u16(0), Buffer.from([0]), u16(0)])));
	const hasSessions = sessions.length > 0;
	const body = Buffer.concat([...handles.map(u32), ...(hasSessions ? [u32(area.length), area] : []), ...parameters]);
	const tag = u16(hasSessions ? SESSIONS : NO_SESSIONS);
	return {
		bytes: Buffer.concat([tag, u32(10 + body.length), u32(code), body]),
		givesHandle: code === COMMAND.createPrimary || code === COMMAND.startAuthSession,
		hasSessions,
	};
}

/** TPM2_CreatePrimary (Part 3, 24.1). `unique`: the end of the template, empty. */
function createPrimary(hierarchy: number, template: string, unique: Buffer): Command {
	const area = Buffer.concat([hex(template), unique]);
	// TPM2B_SENSITIVE_CREATE with an empty password, no outside information, no registers.
	const parameters = [sized(Buffer.concat([u16(0), u16(0)])), sized(area), u16(0), u32(0)];
	return command(COMMAND.createPrimary, { handles: [hierarchy], sessions: [PASSWORD], parameters });
}

/** The endorsement key, which is the same for ever: it follows from the TPM's seed and the template. */
export function createEndorsementKey(): Command {
	return createPrimary(ENDORSEMENT, TPM_TEMPLATES.ek, sized(Buffer.alloc(256)));
}

/** An attestation key below the null hierarchy, whose seed is another one after each reset of the TPM; it is never kept. */
export function createAttestationKey(): Command {
	return createPrimary(NULL, TPM_TEMPLATES.ak, Buffer.concat([u16(0), u16(0)]));
}

/** TPM2_StartAuthSession (Part 3, 11.1): a policy session with SHA-256, neither bound nor salted. */
export function startPolicySession(nonce: Buffer): Command {
	const parameters = [sized(nonce), u16(0), Buffer.from([1]), u16(0x10), u16(0x0b)];
	return command(COMMAND.startAuthSession, { handles: [NULL, NULL], sessions: [], parameters });
}

/** TPM2_PolicySecret (Part 3, 23.4) with the endorsement hierarchy, which the template of the endorsement key demands. */
export function policySecret(session: number): Command {
	const parameters = [u16(0), u16(0), u16(0), u32(0)];
	return command(COMMAND.policySecret, { handles: [ENDORSEMENT, session], sessions: [PASSWORD], parameters });
}

/** TPM2_ActivateCredential (Part 3, 12.5). */
export function activateCredential(
	{ ak, ek, session }: { readonly ak: number; readonly ek: number; readonly session: number },
	parameters: readonly Buffer[],
): Command {
	return command(COMMAND.activateCredential, { handles: [ak, ek], sessions: [PASSWORD, session], parameters });
}

/** TPM2_Quote (Part 3, 18.4) by the key's own scheme. */
export function quote(ak: number, nonce: Buffer): Command {
	const parameters = [sized(nonce), u16(0x10), hex(TPM_PCRS)];
	return command(COMMAND.quote, { handles: [ak], sessions: [PASSWORD], parameters });
}

/** TPM2_NV_ReadPublic (Part 3, 31.6) of the endorsement key's certificate. */
export function certificatePlace(): Command {
	return command(COMMAND.nvReadPublic, { handles: [CERTIFICATE_INDEX], sessions: [], parameters: [] });
}

/** TPM2_NV_Read (Part 3, 31.13) of a part of that certificate, by the index's own empty password. */
export function readCertificate(offset: number, length: number): Command {
	const handles = [CERTIFICATE_INDEX, CERTIFICATE_INDEX];
	return command(COMMAND.nvRead, { handles, sessions: [PASSWORD], parameters: [u16(length), u16(offset)] });
}

/** TPM2_FlushContext (Part 3, 28.4). */
export function flushContext(handle: number): Command {
	return command(COMMAND.flushContext, { handles: [], sessions: [], parameters: [u32(handle)] });
}
