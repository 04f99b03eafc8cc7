// The iCE40's PLL as a wire that is locked unless it is held in reset or bypassed; for simulators.
module SB_PLL40_CORE #(
    parameter FEEDBACK_PATH = "SIMPLE", DELAY_ADJUSTMENT_MODE_FEEDBACK = "FIXED",
    parameter DELAY_ADJUSTMENT_MODE_RELATIVE = "FIXED", PLLOUT_SELECT = "GENCLK", SHIFTREG_DIV_MODE = 0,
    parameter FDA_FEEDBACK = 0, FDA_RELATIVE = 0, DIVR = 0, DIVF = 0, DIVQ = 0, FILTER_RANGE = 0,
    parameter ENABLE_ICEGATE = 0, TEST_MODE = 0
) (
    input REFERENCECLK, input EXTFEEDBACK, input [7:0] DYNAMICDELAY, input BYPASS, input RESETB,
    input LATCHINPUTVALUE, input SDI, input SCLK,
    output PLLOUTCORE, output PLLOUTGLOBAL, output LOCK, output SDO
);
assign PLLOUTCORE = REFERENCECLK;
assign PLLOUTGLOBAL = REFERENCECLK;
assign LOCK = RESETB & ~BYPASS;
assign SDO = 1'b0;
endmodule

module SB_PLL40_PAD #(
    parameter FEEDBACK_PATH = "SIMPLE", DELAY_ADJUSTMENT_MODE_FEEDBACK = "FIXED",
    parameter DELAY_ADJUSTMENT_MODE_RELATIVE = "FIXED", PLLOUT_SELECT = "GENCLK", SHIFTREG_DIV_MODE = 0,
    parameter FDA_FEEDBACK = 0, FDA_RELATIVE = 0, DIVR = 0, DIVF = 0, DIVQ = 0, FILTER_RANGE = 0,
    parameter ENABLE_ICEGATE = 0, TEST_MODE = 0
) (
    input PACKAGEPIN, input EXTFEEDBACK, input [7:0] DYNAMICDELAY, input BYPASS, input RESETB,
    input LATCHINPUTVALUE, input SDI, input SCLK,
    output PLLOUTCORE, output PLLOUTGLOBAL, output LOCK, output SDO
);
assign PLLOUTCORE = PACKAGEPIN;
assign PLLOUTGLOBAL = PACKAGEPIN;
assign LOCK = RESETB & ~BYPASS;
assign SDO = 1'b0;
endmodule
