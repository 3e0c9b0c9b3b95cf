/** Opens the dialog of a printer, which is loaded only then. */
import type { PrintagoCard } from "../card";
import type { Printer } from "../farm";
import { use } from "../load";

export function openPrinter(card: PrintagoCard, printer: Printer): void {
  use(card, import("./printer-dialog"), ({ PrinterDialog }) => PrinterDialog.open(card, printer));
}
