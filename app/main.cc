#include "app/interconnect.h"

int main(int argc, char** argv) { return interconnect::run_interconnect(argc, argv); }
