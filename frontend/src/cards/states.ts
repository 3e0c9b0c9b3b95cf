/** The cards that show states of printers, in one chunk: they share most of their code. */
export { BedsCard } from "./beds";
export { FarmCard } from "./farm";
export { PrinterCard } from "./printer";
export { PrintersCard } from "./printers";
