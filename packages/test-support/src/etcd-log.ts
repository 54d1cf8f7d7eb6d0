import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const MEMBER = "var/lib/etcd/member";
const PATH = `${MEMBER}/wal`;

/** Below a root, the beginning of a log as this member of etcd would write it: a checksum, then whose log it is. */
export function writeLog(root: string, member: bigint, cluster: bigint): void {
	const folder = join(root, PATH);
	// Of an agent, in the way of etcd: what is mounted covers it.
	if (existsSync(join(root, MEMBER)) && !existsSync(folder)) rmSync(join(root, MEMBER), { recursive: true });
	mkdirSync(folder, { recursive: true });
	const ids = Buffer.concat([Buffer.of(8), varint(member), Buffer.of(16), varint(cluster)]);
	const checksum = Buffer.from([8, 4, 16, 0]);
	const head = Buffer.concat([Buffer.from([8, 1, 16, 9, 26, ids.length]), ids]);
	writeFileSync(join(folder, "0000000000000000-0000000000000000.wal"), Buffer.concat([framed(checksum), framed(head)]));
}

/** A record with its length, padded to eight bytes. */
function framed(record: Buffer): Buffer {
	const padding = (8 - (record.length % 8)) % 8;
	const field = Buffer.alloc(8);
	field.writeBigUInt64LE(BigInt(record.length) | (padding === 0 ? 0n : BigInt(0x80 | padding) << 56n));
	return Buffer.concat([field, record, Buffer.alloc(padding)]);
}

function varint(value: bigint): Buffer {
	const bytes: number[] = [];
	let rest = value;
	for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
	return Buffer.from([...bytes, Number(rest)]);
}
