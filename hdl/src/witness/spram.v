// The UP5K's single-port RAM, 16384 words of 16 bits; for simulators. Whatever a design must not rely on (words at
// power-up, the output after anything but a read) is neither 0 nor what it was.
module SB_SPRAM256KA (
    input [13:0] ADDRESS, input [15:0] DATAIN, input [3:0] MASKWREN, input WREN, input CHIPSELECT, input CLOCK,
    input STANDBY, input SLEEP, input POWEROFF,
    output reg [15:0] DATAOUT
);
reg [15:0] words [16383:0];
wire on = CHIPSELECT & POWEROFF & ~STANDBY & ~SLEEP;
wire [15:0] mask = {{4{MASKWREN[3]}}, {4{MASKWREN[2]}}, {4{MASKWREN[1]}}, {4{MASKWREN[0]}}};
integer place;
initial begin
    DATAOUT = 16'h5a5a;
    for (place = 0; place < 16384; place = place + 1) words[place] = 16'ha5a5;
end
always @(posedge CLOCK) begin
    DATAOUT <= 16'h5a5a;
    if (on & WREN) words[ADDRESS] <= (DATAIN & mask) | (words[ADDRESS] & ~mask);
    if (on & ~WREN) DATAOUT <= words[ADDRESS];
end
endmodule
