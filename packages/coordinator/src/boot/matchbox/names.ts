/** The longest name there is. */
const LONGEST = 63;

/** An id of matchbox as a name. */
function plainName(id: string, longest = LONGEST): string {
	const plain = id
		.toLowerCase()
		.replaceAll(/[^a-z0-9-]+/g, "-")
		.replaceAll(/^-+/g, "")
		.slice(0, longest)
		.replaceAll(/-+$/g, "");
	return plain === "" ? "unnamed" : plain;
}

/** A name that no other one has: the id, with its folder's name, or with a number. */
export function freeName(path: string, id: string, taken: Set<string>): string {
	const plain = plainName(id);
	const folder = path.split("/").slice(1, -1).join("-");
	const name = [plain, ...(folder ? [plainName(`${folder}-${id}`)] : [])].find((one) => !taken.has(one));
	const free = name ?? numbered(plain, taken);
	taken.add(free);
	return free;
}

function numbered(plain: string, taken: ReadonlySet<string>): string {
	for (let number = 2; ; number++) {
		const name = `${plainName(plain, LONGEST - 8)}-${number}`;
		if (!taken.has(name)) return name;
	}
}
