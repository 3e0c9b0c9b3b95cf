"""The translated stages of a print, and the texts by which printers report them."""

import re

# Bambu Lab's texts, some in two spellings; others are shown unchanged.
_STAGES: dict[str, tuple[str, ...]] = {
    "idle": ("Idle",),
    "offline": ("Offline",),
    "preparing": ("Preparing", "Prepare"),
    "slicing": ("Slicing",),
    "printing": ("Printing",),
    "downloading": ("Downloading", "Downloading file"),
    "heatbed_preheating": ("Heatbed preheating", "Preheating heatbed"),
    "auto_bed_leveling": ("Auto bed leveling", "Auto bed levelling"),
    "sweeping_xy_mech_mode": ("Sweeping XY mech mode", "Vibration compensation"),
    "changing_filament": ("Changing filament", "Change filament"),
    "changing_tool": ("Changing tool",),
    "m400_pause": ("M400 pause",),
    "heating_hotend": ("Heating hotend", "Heating nozzle"),
    "heating_chamber": ("Heating chamber",),
    "cooling_chamber": ("Cooling chamber",),
    "calibrating": ("Calibrating",),
    "calibrating_extrusion": ("Calibrating extrusion",),
    "calibrating_extrusion_flow": ("Calibrating extrusion flow",),
    "calibrating_micro_lidar": ("Calibrating micro lidar", "Calibrating the micro lidar"),
    "calibrating_motor_noise": ("Calibrating motor noise", "Motor noise calibration"),
    "scanning_bed_surface": ("Scanning bed surface",),
    "inspecting_first_layer": ("Inspecting first layer", "First layer inspection"),
    "identifying_build_plate_type": ("Identifying build plate type",),
    "checking_extruder_temperature": ("Checking extruder temperature",),
    "pausing": ("Pausing",),
    "paused": ("Paused", "Pause"),
    "resuming": ("Resuming",),
    "finishing": ("Finishing",),
    "finished": ("Finished", "Finish"),
    "canceling": ("Canceling", "Cancelling"),
    "failed": ("Failed",),
    "homing_toolhead": ("Homing toolhead",),
    "moving_axes": ("Moving axes",),
    "cleaning_nozzle_tip": ("Cleaning nozzle tip",),
    "extruding_filament": ("Extruding filament",),
    "filament_loading": ("Filament loading", "Loading filament"),
    "filament_unloading": ("Filament unloading", "Unloading filament"),
    "paused_user": ("Paused by user", "Paused by the user", "Printing was paused by the user"),
    "paused_user_gcode": ("Paused by the Gcode inserted by user", "Pause of Gcode inserted by user"),
    "paused_filament_runout": ("Paused due to filament runout", "Filament runout pause"),
    "paused_front_cover_falling": ("Paused due to front cover falling", "Pause of front cover falling"),
    "paused_nozzle_temperature_malfunction": ("Paused due to nozzle temperature malfunction",),
    "paused_heat_bed_temperature_malfunction": ("Paused due to heat bed temperature malfunction",),
    "paused_chamber_temperature_control_error": ("Paused due to chamber temperature control error",),
    "paused_skipped_step": ("Paused due to skipped step", "Skip step pause"),
    "paused_ams_lost": ("Paused due to AMS lost", "Paused due to AMS offline"),
    "paused_low_fan_speed_heat_break": ("Paused due to low speed of the heat break fan",),
    "paused_cutter_error": ("Paused due to cutter error", "Cutter error pause"),
    "paused_first_layer_error": ("Paused due to first layer error", "First layer error pause"),
    "paused_nozzle_clog": ("Paused due to nozzle clog", "Nozzle clog pause"),
    "paused_nozzle_covered": ("Nozzle filament covered detected pause",),
}
_GAPS = re.compile(r"[\W_]+")


def _plain(words: str) -> str:
    return _GAPS.sub("_", words.casefold()).strip("_")


_BY_WORDS = {_plain(words): stage for stage, known in _STAGES.items() for words in (stage, *known)}


def stage_of(words: str | None) -> str | None:
    """Return the key of the stage for a printer's text; unknown texts are returned unchanged."""
    return words if words is None else _BY_WORDS.get(_plain(words), words)
