import type { Facts } from "@rollcall/protocol";
import { oneLine, type Source } from "./read-text.ts";

/** SMBIOS fields as the kernel shows them in /sys/class/dmi/id. Only root may read uuid and serial. */
export function readSmbios(source: Source): Facts["smbios"] {
	const field = (name: string) => oneLine(source.text(`/sys/class/dmi/id/${name}`));
	const smbios = {
		uuid: field("product_uuid")?.toLowerCase(),
		serial: field("product_serial"),
		vendor: field("sys_vendor"),
		product: field("product_name"),
	};
	return Object.fromEntries(Object.entries(smbios).filter(([, value]) => value !== undefined));
}
