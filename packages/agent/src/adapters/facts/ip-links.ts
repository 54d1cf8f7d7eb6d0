import { z } from "zod";

/** Of `ip -json link` (iproute2 5.6 and newer): it names the permanent address only where the present one is another. */
export const IpLinks = z.array(z.looseObject({ ifname: z.string(), permaddr: z.string().optional() })).max(4096);
