// Test bench for Verilator: drives the pins from stdin, samples txd as a UART receiver, writes the bytes to stdout.
//
// Arguments: clocks, clocks per bit, the lines that a wire brings the output test to (bits), then plusargs. Input: pairs of 64-bit numbers, clock and levels, in order.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "Vtop.h"
#include "verilated.h"

struct Change {
    uint64_t clock;
    uint64_t levels;
};

// A board has not every port. With the last argument an int, the first of two is taken if it compiles.
template <class Top> static auto drive_console(Top& top, bool level, int) -> decltype(void(top.console)) { top.console = level; }
template <class Top> static void drive_console(Top&, bool, long) {}
template <class Top> static auto drive_rxd(Top& top, bool level, int) -> decltype(void(top.rxd)) { top.rxd = level; }
template <class Top> static void drive_rxd(Top&, bool, long) {}
template <class Top> static auto drive_cts(Top& top, bool level, int) -> decltype(void(top.cts)) { top.cts = level; }
template <class Top> static void drive_cts(Top&, bool, long) {}
template <class Top> static auto over_jumper(Top& top, uint64_t levels, uint64_t jumper, int) -> decltype(top.test, uint64_t()) {
    return (levels & ~jumper) | (top.test ? jumper : 0);
}
template <class Top> static uint64_t over_jumper(Top&, uint64_t levels, uint64_t, long) { return levels; }

// The converter AD7476A: takes a code when chip select falls, shifts four zeros and twelve bits out with SCLK's falls.
// What it drives is seen one clock late.
class Converter {
public:
    template <class Top> auto clock(Top& top, uint64_t levels, int) -> decltype(void(top.adc_cs)) {
        top.adc_data = left > 0 && (shift >> 15 & 1);
        if (cs && !top.adc_cs) {
            shift = levels >> 16 & 0xFFF;
            left = 16;
        } else if (top.adc_cs) {
            left = 0;
        } else if (sclk && !top.adc_sclk && left > 0) {
            shift <<= 1;
            left--;
        }
        cs = top.adc_cs;
        sclk = top.adc_sclk;
    }
    template <class Top> void clock(Top&, uint64_t, long) {}

private:
    bool cs = true;
    bool sclk = true;
    uint32_t shift = 0;
    uint32_t left = 0;
};

static void drive(Vtop& top, uint64_t levels) {
    top.rail0 = levels >> 0 & 1;
    top.rail1 = levels >> 1 & 1;
    top.rail2 = levels >> 2 & 1;
    top.ac_lo = levels >> 3 & 1;
    top.ch_pr = levels >> 4 & 1;
    top.mt_pr = levels >> 5 & 1;
    top.mark0 = levels >> 6 & 1;
    top.mark1 = levels >> 7 & 1;
    top.mark2 = levels >> 8 & 1;
    top.mark3 = levels >> 9 & 1;
    top.pps = levels >> 10 & 1;
    drive_console(top, levels >> 12 & 1, 0);
    drive_rxd(top, levels >> 13 & 1, 0);
    drive_cts(top, levels >> 14 & 1, 0);
}

class Receiver {
public:
    Receiver(uint32_t clocks_per_bit) : clocks_per_bit(clocks_per_bit) {}

    // Takes one sample; false if a start or stop bit was wrong.
    bool sample(bool line) {
        if (!busy) {
            if (line) return true;
            busy = true;
            bit = 0;
            wait = clocks_per_bit / 2;
        }
        if (wait-- > 0) return true;
        wait = clocks_per_bit - 1;
        bits = bits >> 1 | line << 9;
        if (bit++ < 9) return true;
        busy = false;
        bytes.push_back(bits >> 1 & 0xFF);
        return line && (bits & 1) == 0;
    }

    std::vector<uint8_t> bytes;

private:
    const uint32_t clocks_per_bit;
    bool busy = false;
    uint32_t bit = 0;
    uint32_t wait = 0;
    uint32_t bits = 0;
};

int main(int argc, char** argv) {
    if (argc < 4) return 2;
    const uint64_t clocks = strtoull(argv[1], nullptr, 10);
    Receiver receiver(strtoul(argv[2], nullptr, 10));
    const uint64_t jumper = strtoull(argv[3], nullptr, 10);
    std::vector<Change> changes;
    Change change;
    while (fread(&change, sizeof change, 1, stdin) == 1) changes.push_back(change);

    VerilatedContext context;
    context.commandArgs(argc, argv);
    Vtop top(&context);
    Converter converter;
    uint64_t levels = 0;
    top.clock = 0;
    top.eval();
    auto told = std::chrono::steady_clock::now();
    size_t next = 0;
    for (uint64_t clock = 0; clock < clocks; clock++) {
        bool stale = jumper != 0;
        while (next < changes.size() && changes[next].clock <= clock) {
            levels = changes[next++].levels;
            stale = true;
        }
        if (stale) drive(top, over_jumper(top, levels, jumper, 0));
        top.clock = 1;
        top.eval();
        if (!receiver.sample(top.txd)) {
            fprintf(stderr, "verilator: wrong start or stop bit at clock %llu\n", (unsigned long long)clock);
            return 3;
        }
        converter.clock(top, levels, 0);
        top.clock = 0;
        top.eval();
        if ((clock & 0xFFFFFF) == 0) {
            const auto now = std::chrono::steady_clock::now();
            if (now - told >= std::chrono::seconds(5)) {
                told = now;
                fprintf(stderr, "verilator: %llu of %llu clocks\n", (unsigned long long)clock, (unsigned long long)clocks);
            }
        }
    }
    top.final();
    const size_t written = fwrite(receiver.bytes.data(), 1, receiver.bytes.size(), stdout);
    return written == receiver.bytes.size() && fflush(stdout) == 0 ? 0 : 4;
}
