import { z } from "zod";

/** A systemd unit's name (systemd.unit(5)). */
export const UnitName = z
	.string()
	.max(255)
	.regex(
		/^[A-Za-z0-9:_.\\@-]+\.(?:service|socket|target|mount|path|timer|slice)$/,
		"not a unit name, like kubelet.service",
	);
