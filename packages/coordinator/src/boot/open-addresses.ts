import type { BootDocument } from "@rollcall/protocol";
import { hasAccount } from "../document/check-addresses.ts";
import type { Finding } from "./finding.ts";

/** Words of parameters that open something: their values are secrets. */
const SECRET =
	/(?:^|[-_.])(?:pass(?:word|wd|phrase)?|secret|token|signature|sig|credentials?|api-?_?key|auth)(?:$|[-_.])/i;

/** Addresses in boot scripts that have a password or a secret: whoever asks gets the script, by plain HTTP. The secret is not repeated. */
export function openAddresses({ profiles, menu }: Pick<BootDocument, "profiles" | "menu">): Finding[] {
	const addresses: [Finding["path"], string | undefined][] = [
		...profiles.flatMap(({ kernel, initrd }, index): typeof addresses => [
			[["profiles", index, "kernel"], kernel],
			...initrd.map(({ url }, at): (typeof addresses)[number] => [["profiles", index, "initrd", at], url]),
		]),
		...(menu?.entries ?? []).map((entry, index): (typeof addresses)[number] => {
			if (entry.kind === "memtest") return [["menu", "entries", index, "kernel"], entry.kernel];
			return [["menu", "entries", index, "url"], entry.kind === "chain" ? entry.url : undefined];
		}),
	];
	return addresses.flatMap(([path, address]) => {
		const secret = address === undefined ? undefined : secretIn(address);
		if (secret === undefined) return [];
		return [
			{
				path,
				message: `${secret} in this address would be in the boot script, which everybody gets who asks`,
				suggestion: "keep the file at the coordinator, `rollcall assets add NAME FILE`, and write /assets/NAME",
			},
		];
	});
}

function secretIn(address: string): string | undefined {
	if (!URL.canParse(address)) return undefined;
	if (hasAccount(address)) return "the name or password";
	const named = [...new URL(address).searchParams.keys()].find((name) => SECRET.test(name));
	return named === undefined ? undefined : `the value of ${named}`;
}
