/** Record types of etcd's write-ahead log (etcd, `server/storage/wal`): what it says of itself comes second, behind a checksum. */
const METADATA = 1n;
const RECORDS = 4;

/**
 * The ids at the head of etcd's write-ahead log: each of its files begins with a checksum and then with whose log it is. A record is its
 * length (8 bytes, little endian; the highest byte tells the padding) and a `walpb.Record`. Ids are decimal. Undefined for anything else.
 */
export function walIds(head: Buffer): { readonly memberId: string; readonly clusterId: string } | undefined {
	try {
		let at = 0;
		for (let record = 0; record < RECORDS; record++) {
			const field = head.readBigUInt64LE(at);
			const length = Number(field & 0x00ff_ffff_ffff_ffffn);
			const padding = field >> 63n === 0n ? 0 : Number((field >> 56n) & 7n);
			const body = head.subarray(at + 8, at + 8 + length);
			if (length === 0 || body.length < length) return undefined;
			const fields = protobufFields(body);
			if (fields.get(1) === METADATA) return idsOf(fields.get(3));
			at += 8 + length + padding;
		}
	} catch (error) {
		if (!(error instanceof RangeError)) throw error;
	}
	return undefined;
}

/** `etcdserverpb.Metadata`: the member's id and its cluster's. */
function idsOf(data: bigint | Buffer | undefined): ReturnType<typeof walIds> {
	if (!Buffer.isBuffer(data)) return undefined;
	const fields = protobufFields(data);
	const [member, cluster] = [fields.get(1), fields.get(2)];
	if (typeof member !== "bigint" || typeof cluster !== "bigint" || member === 0n || cluster === 0n) return undefined;
	return { memberId: String(member), clusterId: String(cluster) };
}

/** The fields of a protobuf message by number, as far as they are integers or bytes (protobuf, encoding). Throws RangeError at its end. */
function protobufFields(bytes: Buffer): Map<number, bigint | Buffer> {
	const fields = new Map<number, bigint | Buffer>();
	let at = 0;
	const varint = (): bigint => {
		let value = 0n;
		for (let shift = 0n; shift < 70n; shift += 7n) {
			const byte = bytes.readUInt8(at++);
			value |= BigInt(byte & 0x7f) << shift;
			if (byte < 0x80) return value & 0xffff_ffff_ffff_ffffn;
		}
		throw new RangeError("not a varint");
	};
	while (at < bytes.length) {
		const tag = varint();
		const kind = tag & 7n;
		if (kind !== 0n && kind !== 2n) throw new RangeError("another kind of field");
		const value = varint();
		if (kind === 0n) fields.set(Number(tag >> 3n), value);
		else {
			const end = at + Number(value);
			if (end > bytes.length) throw new RangeError("a field is cut short");
			fields.set(Number(tag >> 3n), bytes.subarray(at, end));
			at = end;
		}
	}
	return fields;
}
